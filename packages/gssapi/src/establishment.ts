import { checkUsage, Credential, handleOfCredential, seconds } from './credential.js';
import { bitsOf } from './flags.js';
import type { ContextFlag } from './flags.js';
import { GssError } from './gss-error.js';
import { handleOfName } from './name.js';
import type { Name } from './name.js';
import { NULL } from './raw/block.js';
import { acceptSecContext, initSecContext } from './raw/contexts.js';
import type { StepResult } from './raw/contexts.js';

/** Options of {@link SecurityContext.initiate}. */
export interface InitiateOptions {
  /** The service to talk to. */
  readonly target: Name;
  /** Whose ticket to use; default: the default credentials cache. */
  readonly credential?: Credential;
  /** Flags to ask for; default confidentiality, integrity and replay detection. What was granted is in `flags` once complete. */
  readonly flags?: readonly ContextFlag[];
  /** Life asked for in seconds, default as long as the ticket. */
  readonly lifetimeSeconds?: number;
}

/** Options of {@link SecurityContext.accept}. */
export interface AcceptOptions {
  /** The service's keys; default: acquired from the default keytab, for this context alone. Acquire one for all contexts instead. */
  readonly credential?: Credential;
}

/** How one side of a context becomes complete. It holds what its calls need until it is released. */
export interface Establishment {
  readonly isInitiator: boolean;
  /** Refuses a step that makes no sense, before anything has happened. */
  check(isFirst: boolean, token: Buffer | undefined): void;
  /** Consumes the context, whether it succeeds or fails. */
  step(context: bigint, token: Buffer | undefined): Promise<StepResult>;
  /** Gives back what is held. Idempotent. */
  release(): void;
}

const DEFAULT_FLAGS: readonly ContextFlag[] = ['confidentiality', 'integrity', 'replay'];

/** The initiator's side: RFC 2743 section 2.2.1. */
export function initiation(options: InitiateOptions): Establishment {
  checkUsage(options.credential, 'initiate');
  const lifetimeSeconds = seconds(options.lifetimeSeconds);
  const flags = bitsOf(options.flags ?? DEFAULT_FLAGS);
  const target = handleOfName(options.target);
  const credential = options.credential === undefined ? null : handleOfCredential(options.credential);
  const releaseTarget = target.retain();
  const releaseCredential = retainOr(releaseTarget, () => credential?.retain());
  const action = `Opening a context with ${JSON.stringify(options.target.toString().slice(0, 100))}`;
  return {
    isInitiator: true,
    check: (isFirst, token) => {
      // The library would take an empty token as none and start again where the peer's answer is due.
      const hasToken = token !== undefined && token.length > 0;
      if (isFirst && hasToken) throw new GssError('gss-bad-call', `${action} (the first step takes no token)`);
      if (!isFirst && !hasToken) throw new GssError('gss-bad-call', `${action} without the peer's token`);
    },
    step: async (context, token) =>
      await initSecContext({
        context,
        credential: credential?.retainedPointer ?? NULL,
        target: target.retainedPointer,
        flags,
        lifetimeSeconds,
        token: token?.length === 0 ? undefined : token,
        action,
      }),
    release: () => {
      releaseTarget();
      releaseCredential?.();
    },
  };
}

/** The acceptor's side: RFC 2743 section 2.2.2. */
export function acceptance(options: AcceptOptions): Establishment {
  checkUsage(options.credential, 'accept');
  let given = options.credential;
  let own: Credential | undefined;
  let release = given === undefined ? undefined : handleOfCredential(given).retain();
  const action = 'Accepting a context';
  return {
    isInitiator: false,
    check: (_isFirst, token) => {
      if (token === undefined) throw new GssError('gss-bad-call', `${action} without the peer's token`);
    },
    step: async (context, token = Buffer.alloc(0)) => {
      if (given === undefined) {
        // Never GSS_C_NO_CREDENTIAL: the library would then accept every mechanism it has.
        own = await Credential.acquire({ usage: 'accept' });
        given = own;
        release = handleOfCredential(own).retain();
      }
      const credential = handleOfCredential(given).retainedPointer;
      return await acceptSecContext({ context, credential, token, action });
    },
    release: () => {
      release?.();
      own?.dispose();
    },
  };
}

function retainOr<T>(undo: () => void, retain: () => T): T {
  try {
    return retain();
  } catch (error) {
    undo();
    throw error;
  }
}
