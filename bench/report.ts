/** One result, printed as a JSON line. */
export interface Result {
  readonly bench: string;
  readonly ours: number;
  /** What ours is compared with, measured in the same run; null where only a bound is of interest. */
  readonly reference: number | null;
  readonly unit: string;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Prints a result on stdout: `{"bench":...,"ours":...,"reference":...,"ratio":...,"unit":...}`. */
export function report({ bench, ours, reference, unit }: Result): void {
  const line = {
    bench,
    ours: rounded(ours),
    reference: reference === null ? null : rounded(reference),
    ratio: reference === null ? null : rounded(ours / reference),
    unit,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Progress, on stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
