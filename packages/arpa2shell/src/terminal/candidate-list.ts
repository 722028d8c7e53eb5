import type { Completion } from './assistant.js';
import { cellsOf, cutToCells } from './cells.js';
import { escapeToOneLine } from './escape.js';
import { paint } from './tone.js';

interface Row {
  readonly label: string;
  readonly help: string;
}

/** More rows than this are only counted. */
const MAX_ROWS = 200;
const MAX_LABEL_CELLS = 40;
const GAP = 2;
/** What `<cr>` means in a list of what can stand at the cursor. */
export const END_HELP = 'The line may end here, or go on with < or |';

/** What can stand at the cursor, as the lines shown below it; '' for nothing. Labels and help are made safe here. */
export function listOf(completion: Completion, columns: number, isColour: boolean): string {
  const rows: Row[] = [
    ...completion.candidates.map(({ label, help }) => ({
      label: escapeToOneLine(label),
      help: escapeToOneLine(help ?? ''),
    })),
    ...completion.placeholders.map(({ name, help }) => ({
      label: escapeToOneLine(name),
      help: escapeToOneLine(help ?? ''),
    })),
  ];
  const hasHelp = rows.some(({ help }) => help !== '');
  if (completion.mayEnd) rows.push({ label: '<cr>', help: hasHelp ? END_HELP : '' });
  if (rows.length === 0) return '';
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length - shown.length;
  const lines = hasHelp
    ? withHelp(shown, columns, isColour)
    : inColumns(
        shown.map(({ label }) => label),
        columns,
      );
  if (more > 0) lines.push(cutToCells(`… and ${more} more`, columns));
  return lines.map((line) => `${line}\n`).join('');
}

function withHelp(rows: readonly Row[], columns: number, isColour: boolean): string[] {
  const longest = Math.max(...rows.map(({ label }) => cellsOf(label)));
  const indent = columns >= 40 ? '  ' : ' ';
  const width = Math.min(longest, MAX_LABEL_CELLS, Math.max(4, Math.floor(columns / 2)));
  return rows.map(({ label, help }) => {
    const line = cutToCells(`${indent}${label}`, columns - 1);
    const pad = ' '.repeat(Math.max(0, indent.length + width - cellsOf(line)) + GAP);
    const room = columns - 1 - cellsOf(line) - pad.length;
    return help === '' || room < 4 ? line : line + pad + paint(cutToCells(help, room), 'faint', isColour);
  });
}

/** Down the columns, as `ls` does. */
function inColumns(labels: readonly string[], columns: number): string[] {
  const cut = labels.map((label) => cutToCells(label, columns - 1));
  const width = Math.max(...cut.map(cellsOf)) + GAP;
  const across = Math.max(1, Math.floor((columns - 1 + GAP) / width));
  const down = Math.ceil(cut.length / across);
  return Array.from({ length: down }, (_, row) => {
    const line = cut.filter((_label, index) => index % down === row);
    return line
      .map((label, index) => (index === line.length - 1 ? label : label + ' '.repeat(width - cellsOf(label))))
      .join('');
  });
}
