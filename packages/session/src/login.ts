import { Credential, Name, SecurityContext, type CredentialStore } from '@arpa2amqp/gssapi';

/** The GSS-API service name of AMQP for SASL; the messages themselves use the service of the host. */
const SASL_SERVICE = 'amqp';

/** A context for SASL GSSAPI (RFC 4752) without a security layer, in the shape that the AMQP layer takes. */
export interface LoginContext {
  step(token?: Buffer): Promise<{ readonly token: Buffer | null; readonly complete: boolean }>;
  /** Protects with integrity; RFC 4752 asks for no confidentiality here. */
  wrap(message: Buffer): Promise<Buffer>;
  unwrap(token: Buffer): Promise<Buffer>;
  readonly initiatorName: string;
  dispose(): void;
}

/**
 * Makes the context of a peer that logs in, with any key of the keytab. The keytab is read anew for each (0.2 ms, off the
 * main thread), so that a new key counts at once.
 *
 * @param keytab - file; the default keytab unless told
 * @throws GssError (as rejection) when there is no usable key
 */
export async function acceptLogin(keytab?: string): Promise<LoginContext> {
  const store = keytab === undefined ? {} : { store: { keytab } };
  const credential = await Credential.acquire({ usage: 'accept', ...store });
  return adapt(SecurityContext.accept({ credential }), [credential]);
}

/**
 * Makes the context with which we log in at a broker.
 *
 * @param host - of the broker, as in its URL
 * @param store - where the ticket, or the key to get one, is; libkrb5's defaults unless told
 * @param principal - whose; the first of the keytab or that of the cache unless told
 * @throws GssError (as rejection) when there is no usable ticket
 */
export async function initiateLogin(host: string, store?: CredentialStore, principal?: string): Promise<LoginContext> {
  using name = principal === undefined ? null : Name.import(principal, 'principal');
  const credential = await Credential.acquire({
    usage: 'initiate',
    ...(name === null ? {} : { name }),
    ...(store === undefined ? {} : { store }),
  });
  const target = Name.service(SASL_SERVICE, host);
  const flags = ['mutual', 'integrity', 'sequence', 'replay'] as const;
  return adapt(SecurityContext.initiate({ target, credential, flags }), [target, credential]);
}

function adapt(context: SecurityContext, owned: readonly { dispose(): void }[]): LoginContext {
  return {
    step: async (token) => await context.step(token),
    wrap: async (message) => (await context.wrap(message, { confidential: false })).token,
    unwrap: async (token) => (await context.unwrap(token)).message,
    get initiatorName() {
      return context.initiatorName;
    },
    dispose: () => {
      context.dispose();
      for (const item of owned) item.dispose();
    },
  };
}
