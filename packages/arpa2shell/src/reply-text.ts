import type { Reply } from '@arpa2amqp/protocol';

/** The members of a reply that are not the shell's own. */
const RESERVED = new Set(['stdout_', 'stderr_', 'error_', 'headers_']);

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
    if (value.every(isRow)) return `\n${tableText(value, deeper)}`;
    if (value.every(isScalar)) return `\n${value.map((item) => `${deeper}${scalarText(item)}\n`).join('')}`;
    return `\n${value.map((item) => `${deeper}-${valueText(item, deeper)}`).join('')}`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    return members.length === 0 ? ' (none)\n' : `\n${membersText(members, deeper)}`;
  }
  return ` ${scalarText(value)}\n`;
}

/** Objects of scalars are rows; the columns are all their keys in order of appearance. */
function tableText(rows: readonly Readonly<Record<string, unknown>>[], indent: string): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [keys, ...rows.map((row) => keys.map((key) => scalarText(row[key])))];
  const widths = keys.map((_key, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
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
