import {
  AclError,
  formatResource,
  parseIdentity,
  RIGHTS,
  type AclStore,
  type Identity,
  type Right,
} from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';
import {
  lettersOf,
  templatesOf,
  type Caller,
  type CommandDescription,
  type GroupMembership,
  type Need,
} from '@arpa2amqp/shell';
import { fixedResources, questionsOf, whyNobody, type AccessQuestion } from './access-question.js';
import type {
  AccessDecision,
  AccessRequest,
  Authorizer,
  Grounds,
  ListAnswer,
  VisibilityRequest,
} from './authorizer.js';

/** The parts of an {@link AclAuthorizer}. */
export interface AclAuthorizerOptions {
  /** Stays with its owner, who closes it. */
  readonly store: Pick<AclStore, 'decide' | 'grantsSomewhere' | 'membershipsOf' | 'kindOf'>;
  /** Told why the lists cannot be read; the caller learns only that. */
  readonly onFailure?: (error: AclError) => void;
}

/** An identity that cannot be one of the lists. */
interface Invalid {
  readonly reason: string;
}

const OPEN: AccessDecision = Object.freeze({ isGranted: true, grounds: Object.freeze({ kind: 'open' }) });
const INVALID_IDENTITY: Grounds = Object.freeze({ kind: 'invalid-identity' });

/**
 * Decides by access control lists what commands need, as they declare it. Who has no entry has no right; commands that are
 * open cost no look-up. The newest update of the lists, by whatever process, holds for every batch that comes after it.
 */
export class AclAuthorizer implements Authorizer {
  readonly #store: AclAuthorizerOptions['store'];
  readonly #onFailure: (error: AclError) => void;
  /** Most batches come from the one who sent the last one. */
  #last: { readonly text: string; readonly identity: Identity | Invalid } = { text: '', identity: { reason: '' } };

  constructor({ store, onFailure }: AclAuthorizerOptions) {
    this.#store = store;
    this.#onFailure = onFailure ?? (() => undefined);
  }

  /** @throws BusError `unavailable` when the lists cannot be read: nothing of the batch may run */
  async decide(requests: readonly AccessRequest[]): Promise<readonly AccessDecision[]> {
    return await Promise.resolve(this.#reading(() => requests.map((request) => this.#decide(request))));
  }

  /**
   * A command and its forms are shown to who may give them on one resource; a value to who may give the command with it.
   *
   * @throws BusError `unavailable`
   */
  async visible(requests: readonly VisibilityRequest[]): Promise<readonly boolean[]> {
    return await Promise.resolve(this.#reading(() => requests.map((request) => this.#isVisible(request))));
  }

  /** @throws BusError `unavailable` */
  async groupsOf({ identity: text }: Caller): Promise<readonly GroupMembership[]> {
    const identity = this.#identityOf(text);
    if (typeof identity !== 'string') return [];
    return await Promise.resolve(
      this.#reading(() =>
        this.#store.membershipsOf(identity).map(({ group }) => {
          return { kind: this.#store.kindOf(group) ?? 'group', identity: group };
        }),
      ),
    );
  }

  #decide({ caller, command, call }: AccessRequest): AccessDecision {
    const identity = this.#identityOf(caller.identity);
    if (typeof identity !== 'string') {
      return { isGranted: false, reason: identity.reason, grounds: INVALID_IDENTITY };
    }
    const asked = questionsOf(command, call);
    if (asked.kind === 'open') return OPEN;
    if (asked.kind !== 'asked') {
      return { isGranted: false, reason: whyNobody(asked), grounds: { kind: asked.kind } };
    }
    return this.#ask(identity, asked.questions);
  }

  /** Every right is needed: the first that is missing decides. */
  #ask(identity: Identity, questions: readonly AccessQuestion[]): AccessDecision {
    const answers: ListAnswer[] = [];
    for (const { right, resources } of questions) {
      const decision = this.#store.decide(identity, right, resources);
      const instances = resources.flatMap(({ instance }) => (instance === '' ? [] : [instance]));
      answers.push({ instances, decision });
      if (decision.isGranted) continue;
      const reason = denial(identity, { right, resources });
      return { isGranted: false, reason, grounds: { kind: 'lists', answers } };
    }
    return { isGranted: true, grounds: { kind: 'lists', answers } };
  }

  #isVisible({ caller, command, need, candidate }: VisibilityRequest): boolean {
    const identity = this.#identityOf(caller.identity);
    if (typeof identity !== 'string') return false;
    if (need !== undefined) return this.#mayBeMet(identity, need);
    if (candidate === undefined) return this.#mayBeGiven(identity, command);
    const { variable, value, values, literals } = candidate;
    // It may be one more of several.
    const given = [...(Object.hasOwn(values, variable) ? (values[variable] ?? []) : []), value];
    const asked = questionsOf(command, { literals, values: { ...values, [variable]: given } });
    if (asked.kind !== 'asked') return asked.kind !== 'unnamed';
    return asked.questions.every((question) => question.isUnnamed || this.#holds(identity, question));
  }

  /** Forms that need nothing do not count beside those that need something: alone they are of no use. */
  #mayBeGiven(identity: Identity, { open, needs = [] }: CommandDescription): boolean {
    return open === true || needs.some((need) => this.#mayBeMet(identity, need));
  }

  /** On one resource or another. */
  #mayBeMet(identity: Identity, need: Need): boolean {
    const resources = fixedResources(need);
    const isVariable = templatesOf(need).some(({ variables }) => variables.size > 0);
    return lettersOf(need).every((letter) => {
      const right = letter as Right;
      if (resources !== null && this.#holds(identity, { right, resources })) return true;
      return isVariable && this.#store.grantsSomewhere(identity, right, need.class);
    });
  }

  #holds(identity: Identity, { right, resources }: Omit<AccessQuestion, 'isUnnamed'>): boolean {
    return this.#store.decide(identity, right, resources).isGranted;
  }

  #identityOf(text: string): Identity | Invalid {
    if (this.#last.text !== text) this.#last = { text, identity: identityOrReason(text) };
    return this.#last.identity;
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      // LMDB has errors of its own beside those of the store. Whatever it is: nothing is granted.
      const failure =
        error instanceof AclError
          ? error
          : new AclError('acl-unavailable', 'Cannot read the access control lists', { cause: error });
      this.#onFailure(failure);
      throw new BusError('unavailable', 'The access control lists of the host cannot be read now, nothing was run', {
        cause: failure,
      });
    }
  }
}

function identityOrReason(text: string): Identity | Invalid {
  try {
    return parseIdentity(text);
  } catch (error) {
    if (!(error instanceof AclError)) throw error;
    return { reason: error.message };
  }
}

/** Says what is missing, not what the lists hold for others. */
function denial(identity: Identity, { right, resources }: Pick<AccessQuestion, 'right' | 'resources'>): string {
  return `Denied: ${identity} has no right ${right} (${RIGHTS[right]}) on ${formatResource(resources[0])}`;
}
