/** A problem in one place of a definition or description, e.g. `commands[2].effect`. */
export class DescriptionProblem extends Error {
  constructor(where: string, what: string) {
    super(`${where} ${what}`);
  }
}

export function asRecord(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DescriptionProblem(where, 'is not an object');
  }
  return value as Readonly<Record<string, unknown>>;
}

export function asList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new DescriptionProblem(where, 'is not an array');
  return value;
}

export function readWords(value: unknown, where: string): readonly string[] {
  return asList(value, where).map((word) => {
    if (typeof word !== 'string') throw new DescriptionProblem(where, 'must hold words of the spec');
    return word;
  });
}
