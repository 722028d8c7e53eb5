import { DEFAULT_LIMITS } from './limits.js';
import { parseStrictJson } from './strict-json.js';

/** What was found in a command's stdout. */
export interface ParsedStdout {
  /** Header lines in order; absent when there was no header block. */
  readonly headers?: [name: string, value: string][];
  /** The members of the one JSON object that remained. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** What remained when it was not such an object. */
  readonly text?: string;
}

const HEADER = /^([A-Za-z0-9-]+):[ \t]*(.*)$/;

/**
 * Parses stdout as the seed and protocol.md, section 4, describe: header lines up to an empty line, then one JSON
 * object none of whose keys ends in an underscore, else text.
 */
export function parseStdout(stdout: string): ParsedStdout {
  const block = headerBlock(stdout);
  const rest = block === null ? stdout : stdout.slice(block.length);
  const members = jsonMembers(rest);
  return {
    ...(block === null ? {} : { headers: block.headers }),
    ...(members === null ? { text: rest } : { members }),
  };
}

/** The headers and the length of their block with the empty line, or null when stdout does not begin with one. */
function headerBlock(stdout: string): { headers: [string, string][]; length: number } | null {
  const headers: [string, string][] = [];
  let start = 0;
  for (;;) {
    const newline = stdout.indexOf('\n', start);
    if (newline === -1) return null;
    const line = stdout.slice(start, newline).replace(/\r$/, '');
    start = newline + 1;
    if (line === '') return { headers, length: start };
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    headers.push([name, value]);
  }
}

function jsonMembers(text: string): Record<string, unknown> | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    const value = parseStrictJson(text, DEFAULT_LIMITS.maxDepth - 2);
    const isClash = Object.keys(value as object).some((key) => key.endsWith('_'));
    return isClash ? null : (value as Record<string, unknown>);
  } catch {
    return null;
  }
}
