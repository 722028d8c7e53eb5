import type { GssapiSaslContext } from '@arpa2amqp/amqp';
import { Credential, Name, SecurityContext } from '@arpa2amqp/gssapi';

/** The GSS-API service name of AMQP for SASL; the messages themselves use the service of the host. */
const SASL_SERVICE = 'amqp';

/** Makes the context of a peer that logs in by SASL GSSAPI, with any key of the keytab. */
export async function acceptLogin(keytab: string | undefined): Promise<GssapiSaslContext> {
  const credential = await Credential.acquire({
    usage: 'accept',
    ...(keytab === undefined ? {} : { store: { keytab } }),
  });
  return adapt(SecurityContext.accept({ credential }), [credential]);
}

/** Makes the context with which the daemon logs in at a broker, as the service whose key the keytab holds. */
export async function initiateLogin(host: string, keytab: string | undefined): Promise<GssapiSaslContext> {
  const credential = await Credential.acquire({
    usage: 'initiate',
    ...(keytab === undefined ? {} : { store: { client_keytab: keytab, ccache: 'MEMORY:arpa2amqp.d' } }),
  });
  const target = Name.service(SASL_SERVICE, host);
  const context = SecurityContext.initiate({
    target,
    credential,
    flags: ['mutual', 'integrity', 'sequence', 'replay'],
  });
  return adapt(context, [target, credential]);
}

function adapt(context: SecurityContext, owned: readonly { dispose(): void }[]): GssapiSaslContext {
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
