import type { Reply } from '@arpa2amqp/protocol';

/** The members of a reply that are not the shell's own. */
const RESERVED = new Set(['stdout_', 'stderr_', 'error_', 'headers_']);

/** A table costs rows times columns times width, which a reply of a megabyte could make endless: these bound the latter two. */
const MAX_COLUMNS = 32;
const MAX_PADDING = 64;

/**
 * What a reply says on stdout, for people: headers as `Name: value`, text as it is, JSON as indented lines and tables.
 * Nothing is escaped yet.
 */
export function replyText(reply: Reply): string {
  const headers = (reply.headers_ ?? []).map(([name, value]) => `${name}: ${value}\n`).join('');
  const members = Object.entries(reply).filter(([key]) => !RESERVED.has(key));
  const body = members.length === 0 ? (reply.stdout_ ?? '') : membersText(members, '');
  const text = body === '' || body.endsWith('\n') ? body : `${body}\n`;
  return headers !== '' && text !== '' ? `${headers}\n${text}` : `${headers}${text}`;
}

/** The reply as JSON, as `| json` and `--json` show it. */
export function replyJson(reply: Reply): string {
  return `${JSON.stringify(reply, null, 2)}\n`;
}

function membersText(members: readonly (readonly [string, unknown])[], indent: string): string {
  return members.map(([key, value]) => `${indent}${key}:${valueText(value, indent)}`).join('');
}

/** What stands behind `key:`, with the line end. */
function valueText(value: unknown, indent: string): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return ' (none)\n';
    const columns = columnsOf(value);
    if (columns !== null) return `\n${tableText(columns, value as readonly Row[], deeper)}`;
    if (value.every(isScalar)) return `\n${value.map((item) => `${deeper}${scalarText(item)}\n`).join('')}`;
    return `\n${value.map((item) => `${deeper}-${valueText(item, deeper)}`).join('')}`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    return members.length === 0 ? ' (none)\n' : `\n${membersText(members, deeper)}`;
  }
  return ` ${scalarText(value)}\n`;
}

/** The keys of objects of scalars in order of appearance; null when these are no rows of a table. */
function columnsOf(items: readonly unknown[]): readonly string[] | null {
  const keys = new Set<string>();
  for (const item of items) {
    if (!isRow(item)) return null;
    for (const key of Object.keys(item)) keys.add(key);
    if (keys.size > MAX_COLUMNS) return null;
  }
  return [...keys];
}

function tableText(keys: readonly string[], rows: readonly Row[], indent: string): string {
  const cells = [keys, ...rows.map((row) => keys.map((key) => scalarText(row[key])))];
  const widths = keys.map((_key, column) =>
    cells.reduce((widest, row) => Math.max(widest, Math.min(row[column]?.length ?? 0, MAX_PADDING)), 0),
  );
  return cells
    .map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

type Row = Readonly<Record<string, unknown>>;

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const values = Object.values(value);
  return values.length > 0 && values.every(isScalar);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** A text with line ends would look like more lines than there are: it is shown as JSON. */
function scalarText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return /[\n\r]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value);
}
