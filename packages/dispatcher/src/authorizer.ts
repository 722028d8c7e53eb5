import type { Decision } from '@arpa2amqp/acl';
import type {
  Caller,
  CommandDescription,
  CommandFilter,
  GroupMembership,
  Need,
  PlannedCommand,
} from '@arpa2amqp/shell';

/** Who wants to run which command of which shell. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly shell: string;
  readonly command: CommandDescription;
  readonly call: PlannedCommand;
}

/** The answer of the lists to one question. */
export interface ListAnswer {
  /** The instances that were asked in order; then comes the default of the class. */
  readonly instances: readonly string[];
  readonly decision: Decision;
}

/**
 * What a decision rests on: the answers of lists, up to the first that denies; or that the command is open to everyone with a
 * ticket, that there are no lists, that the shell declares nothing for these words, that the resource or the caller has no name.
 */
export type Grounds =
  | { readonly kind: 'lists'; readonly answers: readonly ListAnswer[] }
  | { readonly kind: 'open' | 'no-lists' | 'undeclared' | 'unnamed' | 'invalid-identity' };

/** The answer to an {@link AccessRequest}, with words for the caller when it is denied. */
export type AccessDecision =
  | { readonly isGranted: true; readonly grounds?: Grounds }
  | { readonly isGranted: false; readonly reason: string; readonly grounds?: Grounds };

/** Who wants to see a command of a shell, those of its forms that have a need, or a value that one of its variables may have. */
export interface VisibilityRequest {
  readonly caller: Caller;
  readonly shell: string;
  readonly command: CommandDescription;
  /** One of the command's: are the forms shown that have it? */
  readonly need?: Need;
  /** Absent, as `need`: the command itself, in help and completion. */
  readonly candidate?: {
    readonly variable: string;
    readonly value: string;
    /** The values of the variables before it, in the line that is being typed. */
    readonly values: Readonly<Record<string, readonly string[]>>;
    /** Names of the literals before it. */
    readonly literals: readonly string[];
  };
}

/** The step of the dispatcher that says which commands of a batch the caller may run, and what the caller may see. */
export interface Authorizer {
  /**
   * Decides on all the commands of a batch at once.
   *
   * @returns one decision per request, in order
   */
  decide(requests: readonly AccessRequest[]): Promise<readonly AccessDecision[]>;
  /**
   * Decides what of commands and their forms, and of live values of their variables, is shown to the caller by `help`, `describe`
   * and completion.
   *
   * @returns one answer per request, in order
   */
  visible(requests: readonly VisibilityRequest[]): Promise<readonly boolean[]>;
  /** The groups and roles of a caller, for `whoami`. */
  groupsOf(caller: Caller): Promise<readonly GroupMembership[]>;
}

/** What of its commands a shell shows to a caller: every form for which all that is needed could be granted. */
export function commandFilter(authorizer: Authorizer, caller: Caller, shell: string): CommandFilter {
  return async (commands) => {
    const requests = commands.flatMap((command): VisibilityRequest[] => [
      { caller, shell, command },
      ...(command.needs ?? []).map((need) => ({ caller, shell, command, need })),
    ]);
    const answers = await authorizer.visible(requests);
    let next = 0;
    return commands.map(({ needs = [] }) => {
      const [isShown, ...areMet] = answers.slice(next, next + 1 + needs.length);
      next += 1 + needs.length;
      const unmet = needs.filter((_need, index) => areMet[index] !== true);
      // What every form needs hides all of them.
      if (isShown !== true || unmet.some((need) => need.with === undefined)) return null;
      return unmet.flatMap((need) => need.with ?? []);
    });
  };
}

const NO_LISTS: AccessDecision = Object.freeze({ isGranted: true, grounds: Object.freeze({ kind: 'no-lists' }) });

/** Grants everything to everyone with a ticket. For a daemon started with `--open`, and for tests. */
export const openAuthorizer: Authorizer = {
  async decide(requests) {
    return await Promise.resolve(requests.map(() => NO_LISTS));
  },
  async visible(requests) {
    return await Promise.resolve(requests.map(() => true));
  },
  async groupsOf() {
    return await Promise.resolve([]);
  },
};
