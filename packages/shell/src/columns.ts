/** Lays words out in columns, downwards first, in as few rows as fit; the way the original shells list commands. */
export function inColumns(words: readonly string[], width = 80): string {
  for (let rows = 1; rows < words.length; rows += 1) {
    const columns = Math.ceil(words.length / rows);
    const widths = Array.from({ length: columns }, (_, column) =>
      Math.max(...words.slice(column * rows, (column + 1) * rows).map((word) => word.length)),
    );
    const total = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, -2);
    if (total <= width) return layOut(words, rows, widths);
  }
  return words.map((word) => `${word}\n`).join('');
}

function layOut(words: readonly string[], rows: number, widths: readonly number[]): string {
  let text = '';
  for (let row = 0; row < rows; row += 1) {
    const line = widths.map((width, column) => (words[column * rows + row] ?? '').padEnd(width)).join('  ');
    text += `${line.trimEnd()}\n`;
  }
  return text;
}
