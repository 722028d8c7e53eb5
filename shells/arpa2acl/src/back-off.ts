const FIRST_MS = 1000;

/** The pause after so many failures in a row: doubling up to the longest, with jitter, so that hosts are not tried in step. */
export function backOffMs(failures: number, longestMs: number): number {
  return Math.min(longestMs, FIRST_MS * 2 ** Math.min(failures - 1, 30)) * (0.5 + Math.random() / 2);
}
