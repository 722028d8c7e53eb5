import type { Logger } from './logger.js';

/**
 * What a shell may know of the host it runs on: the second argument of `createShell`. All of it is absent where a shell is only
 * described, or runs in the process of an operator.
 */
export interface ShellPlace {
  /** State directory of the daemon, absolute; nobody else may write there. */
  readonly state?: string;
  /** Canonical address of the host, `/internetwide/<domain>/<host>`. */
  readonly address?: string;
  /** Service that the daemon answers as, `<service>@<host>`. */
  readonly service?: string;
  /** Absolute path of the keytab with the key of that service. */
  readonly keytab?: string;
  /** Where the daemon takes its batches from: the URL of a broker, or its own. */
  readonly transport?: { readonly connect: string } | { readonly listen: string };
  /** True in the second process of a shell, which only answers completion hooks. */
  readonly completesOnly?: boolean;
  /** The log of the host. Lines of one shell are limited: see `LogValve`. */
  readonly logger?: Logger;
}

/** The part of a {@link ShellPlace} that goes to the process of a shell. */
export type PlaceData = Omit<ShellPlace, 'logger'>;
