/** The command line after parsing; values are checked where they are used. */
export interface Arguments {
  /** The shell to start in, null for the shell of shells: it follows from the name the program is called by. */
  readonly start: string | null;
  /** Lines to run instead of those of the terminal; null when none were given. */
  readonly commands: readonly string[] | null;
  readonly file: string | undefined;
  readonly isExitOnError: boolean;
  readonly isJson: boolean;
  readonly to: string | undefined;
  readonly connect: string | undefined;
  readonly service: string | undefined;
  readonly timeout: string | undefined;
  readonly ca: string | undefined;
  readonly isGssapiLogin: boolean | undefined;
  readonly isLocal: boolean | undefined;
  readonly shells: readonly string[] | undefined;
  readonly config: string;
  /** Whether the configuration was named: then it must be there. */
  readonly isConfigNamed: boolean;
  /** Undefined when no option tells. */
  readonly isRestricted: boolean | undefined;
}

/** What parsing gave: work to do, a text that was asked for, or a complaint. */
export type ParsedArguments =
  | { readonly kind: 'run'; readonly args: Arguments }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };
