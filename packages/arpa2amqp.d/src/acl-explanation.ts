import {
  describeDecision,
  formatResource,
  formatRights,
  parseIdentity,
  type AclStore,
  type DecisionStep,
  type Identity,
} from '@arpa2amqp/acl';
import { questionsOf, type AccessQuestion } from '@arpa2amqp/dispatcher';
import { BusError, quoted, suggestion } from '@arpa2amqp/protocol';
import { hostFor, loadShells } from '@arpa2amqp/shell';
import type { DaemonConfig } from './generated/daemon-config.js';

/** What a command prints, and the exit code of the program. */
export interface AclOutcome {
  readonly text: string;
  readonly exitCode: number;
}

/** Who would give which command. */
export interface ExplanationRequest {
  readonly identity: string;
  /** The words of a typed line, the shell's name first. */
  readonly words: readonly string[];
  /** Where the shells are. */
  readonly config: DaemonConfig;
}

const DENIED = 1;

/**
 * Says whether an identity would be let do a command, and why: every look-up in the order in which it is made.
 *
 * @returns exit code 1 when it would be denied
 * @throws BusError for shells that cannot be started and commands that do not fit
 */
export async function explainAccess(store: AclStore, request: ExplanationRequest): Promise<AclOutcome> {
  const identity = parseIdentity(request.identity);
  const asked = await questionsFor(request);
  const line = request.words.join(' ');
  if (asked.kind === 'open') return { text: `Granted: ${line}\nIt is open to everyone with a ticket\n`, exitCode: 0 };
  if (asked.kind !== 'asked')
    return { text: `Denied: ${line}\nNobody may do this: ${asked.reason}\n`, exitCode: DENIED };
  const answers = asked.questions.map((question) => explainQuestion(store, identity, question));
  const isGranted = answers.every((answer) => answer.isGranted);
  const text = [`${isGranted ? 'Granted' : 'Denied'}: ${line}`, ...answers.map((answer) => answer.text)].join('\n');
  return { text: `${text}\n`, exitCode: isGranted ? 0 : DENIED };
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
