import type { Directory, Entry, ListOptions, Path } from './directory.js';
import { DirectoryError } from './directory-error.js';
import { lastOf } from './path.js';

// A list that is asked for as a whole comes whole, or is refused: nobody takes a part for all there is.

/** Of the answer to a command; a message of the daemon holds it with all that goes around it. */
const MAX_LIST_BYTES = 1_000_000;
/** More rows than fit into that. */
const MAX_ROWS = 50_000;
/** So many rows are made before it is looked whether more fit. */
const ROWS_AT_ONCE = 1000;

/** Words of a spec that ask for a part of a long list. */
export const PART_SPEC = '[limit <limit> [after <after>]]';
/** The same for lists by name. */
export const NAMED_PART_SPEC = `[prefix <prefix>] ${PART_SPEC}`;
/** Types of their variables. */
export const PART_TYPES = { limit: { type: 'integer', min: 1, max: MAX_ROWS } } as const;
/** A line of help for each of the words. */
export const PART_HELP = {
  limit: 'At most so many; the answer says behind which one there is more',
  after: 'Only those that come behind one, to go on with a long list',
  '<after>': 'The last of those that are known',
  '<limit>': 'How many at most',
} as const;
/** The same for lists by name. */
export const NAMED_PART_HELP = {
  ...PART_HELP,
  prefix: 'Only names that begin so',
  '<prefix>': 'Beginning of the names',
} as const;

/** Which part of a list is wanted; without a limit all of it, or of what is left. */
export type PartRequest = Pick<ListOptions, 'prefix' | 'after' | 'limit'>;

/** What an answer has of a list. */
export interface ListPart<Row> {
  readonly rows: readonly Row[];
  /** There are further ones, behind this one. */
  readonly more?: { readonly after: string };
}

/** What {@link readPart} is to read. */
export interface PartOptions<Row> {
  readonly parent: Path;
  readonly kind: string;
  readonly request: PartRequest;
  /** Makes the rows of some entries, one for each, in order. */
  readonly rowsOf: (entries: readonly Entry[]) => readonly Row[] | Promise<readonly Row[]>;
  readonly signal: AbortSignal;
}

/**
 * What a command's words of {@link NAMED_PART_SPEC} ask for.
 *
 * @param keyOf - makes a key of what was given, or throws
 */
export function partRequest(
  call: { optional(name: string): string | undefined },
  keyOf: (text: string) => string,
): PartRequest {
  const [prefix, after, limit] = [call.optional('prefix'), call.optional('after'), call.optional('limit')];
  return {
    // ASCII only: what else changes its case is another character.
    ...(prefix === undefined ? {} : { prefix: prefix.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) }),
    ...(after === undefined ? {} : { after: keyOf(after) }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  };
}

/**
 * Reads what an answer can hold of a list.
 *
 * @throws DirectoryError `directory-too-large` when all is wanted, and that is more than an answer can hold
 */
export async function readPart<Row>(directory: Directory, options: PartOptions<Row>): Promise<ListPart<Row>> {
  const { parent, kind, request, signal } = options;
  const { limit = MAX_ROWS } = request;
  const entries = await directory.list(parent, kind, { ...request, limit: limit + 1, signal });
  const rows = await fittingRows(entries.slice(0, limit), options);
  if (rows.length === entries.length) return { rows };
  if (request.limit === undefined) throw listTooLarge(kind, 'ask for a part of it, such as limit 1000');
  const last = entries[rows.length - 1];
  if (last === undefined) throw new TypeError('A row is larger than an answer can be');
  return { rows, more: { after: lastOf(last.path)[1] } };
}

async function fittingRows<Row>(entries: readonly Entry[], { rowsOf }: PartOptions<Row>): Promise<readonly Row[]> {
  const budget = new ListBudget();
  const rows: Row[] = [];
  for (let at = 0; at < entries.length; at += ROWS_AT_ONCE) {
    for (const row of await rowsOf(entries.slice(at, at + ROWS_AT_ONCE))) {
      if (!budget.holds(row)) return rows;
      rows.push(row);
    }
  }
  return rows;
}

/** How much an answer can still hold. */
export class ListBudget {
  #left = MAX_LIST_BYTES;

  /** Counts a row. @returns whether the answer can hold it too */
  holds(row: unknown): boolean {
    // With the comma behind it.
    this.#left -= Buffer.byteLength(JSON.stringify(row)) + 1;
    return this.#left >= 0;
  }
}

/** The error for a list that was asked for as a whole. @param advice - what to ask for instead */
export function listTooLarge(kind: string, advice: string): DirectoryError {
  const message = `The list of ${kind}s is larger than an answer can be: ${advice}`;
  return new DirectoryError('directory-too-large', message);
}
