import {
  describeDecision,
  formatResource,
  formatRights,
  parseIdentity,
  type AclStore,
  type DecisionStep,
  type Identity,
} from '@arpa2amqp/acl';
import { questionsOf, whyNobody, type AccessQuestion } from '@arpa2amqp/dispatcher';
import {
  BusError,
  parseAddress,
  parseService,
  quoted,
  serviceOf,
  suggestion,
  type ServiceName,
} from '@arpa2amqp/protocol';
import { hostFor, loadShells } from '@arpa2amqp/shell';
import { checkRealms } from './configuration.js';
import type { DaemonConfig } from './generated/daemon-config.js';
import { identifierOf, isPrincipal } from './principals.js';

/** What a command prints, and the exit code of the program. */
export interface AclOutcome {
  readonly text: string;
  readonly exitCode: number;
}

/** Who would give which command. */
export interface ExplanationRequest {
  /** An identity, or a principal. */
  readonly identity: string;
  /** The words of a typed line, the shell's name first. */
  readonly words: readonly string[];
  /** Where the shells are, and how principals become identities. */
  readonly config: DaemonConfig;
}

const DENIED = 1;

/**
 * Says whether somebody would be let do a command, and why: who he is, and every look-up in the order in which it is made.
 *
 * @returns exit code 1 when it would be denied
 * @throws BusError for shells that cannot be started and commands that do not fit
 */
export async function explainAccess(store: AclStore, request: ExplanationRequest): Promise<AclOutcome> {
  const { identity, remarks } = callerOf(store, request);
  const asked = await questionsFor(request);
  const said = (isGranted: boolean, ...reasons: readonly string[]): AclOutcome => {
    const lines = [`${isGranted ? 'Granted' : 'Denied'}: ${request.words.join(' ')}`, ...remarks, ...reasons];
    return { text: `${lines.join('\n')}\n`, exitCode: isGranted ? 0 : DENIED };
  };
  if (identity === null) return said(false);
  if (asked.kind === 'open') return said(true, 'It is open to everyone with a ticket');
  if (asked.kind !== 'asked') return said(false, whyNobody(asked));
  const answers = asked.questions.map((question) => explainQuestion(store, identity, question));
  const isGranted = answers.every((answer) => answer.isGranted);
  return said(isGranted, ...answers.map((answer) => answer.text));
}

/** Who somebody is here, null for nobody, and what is to be said of that. */
function callerOf(
  store: AclStore,
  { identity: text, config }: ExplanationRequest,
): { identity: Identity | null; remarks: readonly string[] } {
  const realms = checkRealms(config.realms ?? {});
  const remarks: string[] = [];
  let identity: Identity;
  if (isPrincipal(text, realms)) {
    try {
      identity = parseIdentity(identifierOf({ realms, service: serviceIn(config) })(text));
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'invalid-principal') throw error;
      return { identity: null, remarks: [error.message] };
    }
    remarks.push(`Principal ${text} is ${identity}`);
  } else identity = parseIdentity(text);
  const kind = store.kindOf(identity);
  if (kind !== null) remarks.push(`${identity} is a ${kind}: what it is granted is for its members, not for a caller`);
  return { identity, remarks };
}

function serviceIn({ address, service }: DaemonConfig): ServiceName | null {
  if (service !== undefined) return parseService(service);
  return address === undefined ? null : serviceOf(parseAddress(address));
}

function explainQuestion(
  store: AclStore,
  identity: Identity,
  { right, resources }: AccessQuestion,
): { isGranted: boolean; text: string } {
  const { decision, steps } = store.explain(identity, right, resources);
  const text = [describeDecision(decision), ...steps.map((step) => `  ${describeStep(step)}`)].join('\n');
  return { isGranted: decision.isGranted, text };
}

function describeStep({ resource, selector, rights }: DecisionStep): string {
  if (selector === null) return `${formatResource(resource)}: no entries`;
  return `${formatResource(resource)}: ${selector} ${rights === undefined ? 'has no entry' : `has ${formatRights(rights)}`}`;
}

async function questionsFor({ words, config }: ExplanationRequest): Promise<ReturnType<typeof questionsOf>> {
  const [name = '', ...rest] = words;
  const manifests = await loadShells(config.shells ?? []);
  const manifest = manifests.find((candidate) => candidate.name === name);
  if (manifest === undefined) {
    const names = manifests.map((candidate) => candidate.name);
    const hint =
      names.length === 0
        ? 'name the directories of shells with --shells DIR or --config FILE'
        : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}${suggestion(name, names)}`;
    throw new BusError('usage', `There is no shell ${quoted(name)}: ${hint}`);
  }
  await using host = await hostFor(manifest, { options: config.shellOptions?.[name] });
  const plan = host.table.planLine(rest);
  if (!plan.ok) throw new BusError('usage', `Cannot explain this command: ${plan.message}`);
  return questionsOf(plan.description, plan.command);
}
