import { formatChange, resourceOf, type AclStore, type Change, type ChangeRecord } from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';

/** Which changes are asked for. */
export interface LogRequest {
  /** A class, or a class and an instance; none for all changes. */
  readonly words: readonly string[];
  /** Only updates after this position. */
  readonly since: number | undefined;
  /** At most so many updates, the newest. */
  readonly limit: number | undefined;
}

const DEFAULT_LIMIT = 100;
/** Records read at a time: each may hold 10,000 changes. */
const PAGE = 100;

/**
 * Who changed what, the newest last: a line for each change, with the position of its update, the time and the author.
 *
 * @throws BusError `usage`, AclError
 */
export function changeLog(store: AclStore, { words, since = 0, limit = DEFAULT_LIMIT }: LogRequest): string {
  const isAsked = filterOf(words);
  const found: string[] = [];
  let isCut = false;
  for (const record of recordsSince(store, since)) {
    const text = describe(record, isAsked);
    if (text === '') continue;
    found.push(text);
    if (found.length <= limit) continue;
    found.shift();
    isCut = true;
  }
  if (isCut) return [`# There are older ones: --limit N shows more than ${limit}\n`, ...found].join('');
  const isWhole = store.historySince(since, 1).isWhole;
  const lines = found.length === 0 ? ['No changes\n'] : found;
  return [...(isWhole ? [] : ['# Older ones are no longer kept\n']), ...lines].join('');
}

function* recordsSince(store: AclStore, since: number): Generator<ChangeRecord> {
  for (let position = since; ;) {
    const { records } = store.historySince(position, PAGE);
    yield* records;
    const last = records.at(-1);
    if (last === undefined) return;
    position = last.position;
  }
}

function filterOf([className, instance, ...more]: readonly string[]): (change: Change) => boolean {
  if (more.length > 0) throw new BusError('usage', 'Name at most a class and an instance');
  if (className === undefined) return () => true;
  const asked = resourceOf(className, instance);
  return (change) =>
    'resource' in change &&
    change.resource.class === asked.class &&
    (instance === undefined || change.resource.instance === asked.instance);
}

/** Empty when the record has nothing of what is asked. What is too large to keep may have. */
function describe({ position, at, by, changes }: ChangeRecord, isAsked: (change: Change) => boolean): string {
  const head = `${position}  ${new Date(at).toISOString()}  ${visible(by)}`;
  const texts = changes?.filter(isAsked).map(textOf) ?? ['more changes than are kept'];
  return texts.map((text) => `${head}  ${text}\n`).join('');
}

/** With a selector as it is given to `acl revoke`. */
function textOf(change: Change): string {
  const text = formatChange(change);
  return 'resource' in change && change.selector.startsWith('%') ? text.replace(/(?=%\S*$)/, '%') : text;
}

/** Another host may have sent the name. */
function visible(text: string): string {
  return text.replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}
