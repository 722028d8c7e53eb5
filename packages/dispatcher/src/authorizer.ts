import type { Caller, CommandDescription, PlannedCommand } from '@arpa2amqp/shell';

/** Who wants to run which command of which shell. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly shell: string;
  readonly command: CommandDescription;
  readonly call: PlannedCommand;
}

/** The answer to an {@link AccessRequest}, with words for the caller when it is denied. */
export type AccessDecision = { readonly isGranted: true } | { readonly isGranted: false; readonly reason: string };

/** The step of the dispatcher that says which commands of a batch the caller may run. */
export interface Authorizer {
  /**
   * Decides on all the commands of a batch at once.
   *
   * @returns one decision per request, in order
   */
  decide(requests: readonly AccessRequest[]): Promise<readonly AccessDecision[]>;
}

/** Grants everything to everyone with a ticket. For a daemon started with `--open`, and for tests. */
export const openAuthorizer: Authorizer = {
  async decide(requests) {
    return await Promise.resolve(requests.map(() => ({ isGranted: true })));
  },
};
