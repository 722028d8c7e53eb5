import type { PeerCertificate } from 'node:tls';

/**
 * The parts of a GSS-API context that SASL GSSAPI needs. `SecurityContext` of the gssapi package is adapted to it in a
 * few lines; this package imports no GSS library.
 */
export interface GssapiSaslContext {
  /** One leg of context set-up. The initiator's first call has no token. */
  step(token?: Buffer): Promise<{ readonly token: Buffer | null; readonly complete: boolean }>;
  /** Wraps with integrity; RFC 4752 asks for no confidentiality here. */
  wrap(message: Buffer): Promise<Buffer>;
  unwrap(token: Buffer): Promise<Buffer>;
  /** The authenticated initiator; read after set-up. */
  readonly initiatorName: string;
  /** Lets go of the context. */
  dispose?(): void;
}

/** How a client logs in. */
export type ClientSasl =
  | { readonly mechanism: 'ANONYMOUS' }
  | { readonly mechanism: 'PLAIN'; readonly username: string; readonly password: string }
  | { readonly mechanism: 'EXTERNAL' }
  | { readonly mechanism: 'GSSAPI'; initiate(): GssapiSaslContext | Promise<GssapiSaslContext> };

/** What a listener lets peers log in with. */
export interface ServerSasl {
  /** Anyone, and peers that skip SASL. Only where the listener is on a loopback address. */
  readonly anonymous?: boolean;
  /** Checks a name and password. Only inside TLS or on a loopback address. */
  plain?(username: string, password: string): boolean | Promise<boolean>;
  /** Names the owner of a TLS client certificate that TLS has verified; null refuses it. */
  external?(certificate: PeerCertificate): string | null;
  /** Makes an accepting context for RFC 4752 without security layer; the peer may be refused by its name. */
  readonly gssapi?: {
    accept(): GssapiSaslContext | Promise<GssapiSaslContext>;
    authorize?(initiatorName: string): boolean | Promise<boolean>;
  };
}

/** One login, seen from the client. */
export interface ClientMechanism {
  /** The initial response; null for none. */
  start(): Promise<Buffer | null>;
  /** The response to a challenge. */
  step(challenge: Buffer): Promise<Buffer>;
  dispose?(): void;
}

/** What a server mechanism makes of a response. */
export type ServerStep =
  | { readonly kind: 'challenge'; readonly challenge: Buffer }
  | { readonly kind: 'accepted'; readonly identity: string | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** One login, seen from the server. */
export interface ServerMechanism {
  /** @param response the initial response first; empty where there was none */
  step(response: Buffer): Promise<ServerStep>;
  dispose?(): void;
}
