import type { ContextFlag } from '@arpa2amqp/gssapi';

/** What arrived, taken apart before anything of it is authenticated. */
export type Arrived =
  | { readonly kind: 'payload'; readonly contextId: string | null; readonly payload: Buffer }
  | { readonly kind: 'error'; readonly contextId: string; readonly payload: Buffer }
  | { readonly kind: 'leg'; readonly contextId: string | null; readonly token: Buffer };

/** What differs between hosts that are spoken to in frames and raw ones. */
export interface InitiatorStyle {
  /** Flags to ask for. A context that lacks one of them is refused. */
  readonly flags: readonly ContextFlag[];
  /** The body that carries a token during set-up. */
  leg(contextId: string, token: Buffer): Buffer;
  /**
   * The body that carries a sealed message.
   *
   * @param token - a last token of the set-up that travels with the message, or null
   * @throws BusError `security-failed` when the style has no place for the token
   */
  sealed(contextId: string, token: Buffer | null, payload: Buffer): Buffer;
  /**
   * Takes a body apart.
   *
   * @throws BusError `bad-frame` or `unsupported-version`
   */
  read(body: Buffer): Arrived;
}
