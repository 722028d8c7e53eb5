import { MAX_CANDIDATE_CHARACTERS, type Candidate } from '@arpa2amqp/protocol';

/** More than are ever shown: what the caller may not see is taken out later. */
const MAX_LISTED = 1000;
/** A hook may be a generator without an end. */
const MAX_READ = 100_000;

/**
 * The candidates of a hook that can be used, in order, at most {@link MAX_LISTED}: words that begin with the partial one and are no
 * longer than they may be. A word that was cut would be another one. What is in them is not looked at.
 */
export function usableCandidates(answer: Iterable<unknown>, partial: string): Candidate[] {
  const found = new Map<string, Candidate>();
  let read = 0;
  for (const entry of answer) {
    const candidate = readCandidate(entry);
    if (candidate?.value.startsWith(partial) === true && !found.has(candidate.value)) {
      found.set(candidate.value, candidate);
    }
    read += 1;
    if (read >= MAX_READ) break;
  }
  return [...found.values()].sort(byValue).slice(0, MAX_LISTED);
}

/** In the order of their characters. */
export function byValue(a: Candidate, b: Candidate): number {
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** Takes a candidate of a hook or of a shell's process, which may be broken. */
function readCandidate(entry: unknown): Candidate | undefined {
  const { value, help } = (typeof entry === 'string' ? { value: entry } : (entry ?? {})) as Partial<Candidate>;
  if (typeof value !== 'string' || value === '' || value.length > MAX_CANDIDATE_CHARACTERS || !value.isWellFormed()) {
    return undefined;
  }
  return typeof help === 'string' && help !== '' ? { value, help: cutHelp(help) } : { value };
}

function cutHelp(help: string): string {
  const text = help.length > MAX_CANDIDATE_CHARACTERS ? `${help.slice(0, MAX_CANDIDATE_CHARACTERS - 1)}…` : help;
  return text.toWellFormed();
}
