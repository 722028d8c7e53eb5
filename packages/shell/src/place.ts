import type { Logger } from './logger.js';

/**
 * How the host reaches its broker, for a shell that sends batches of its own. A password is in the file that is named, or in the
 * URL as `user:password@`: neither belongs into a log. Files are absolute, and read whenever they are used.
 */
export interface BrokerPlace {
  readonly connect: string;
  /** Address profile; absent: found out from what the broker says. */
  readonly profile?: 'direct' | 'generic';
  /** PEM files: the own certificate with its key, and the authorities whose certificates count. */
  readonly tls?: { readonly certificate?: string; readonly key?: string; readonly ca?: string };
  /** Ways to log in, the first that the broker offers; PLAIN, with user and password, comes last. Absent: as the URL says. */
  readonly sasl?: {
    readonly mechanisms?: readonly ('ANONYMOUS' | 'EXTERNAL' | 'GSSAPI')[];
    readonly user?: string;
    readonly passwordFile?: string;
  };
}

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
  /** Where the daemon takes its batches from: a broker, or its own URL. */
  readonly transport?: BrokerPlace | { readonly listen: string };
  /** True in the second process of a shell, which only answers completion hooks. */
  readonly completesOnly?: boolean;
  /**
   * The log of the host: at most 20 lines in 10 s of one shell, each a text of at most 2,000 characters. Fields are flat: an object in
   * one becomes its JSON.
   */
  readonly logger?: Logger;
}

/** The part of a {@link ShellPlace} that goes to the process of a shell. */
export type PlaceData = Omit<ShellPlace, 'logger'>;
