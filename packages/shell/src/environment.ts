const ALWAYS = ['PATH', 'LANG', 'TZ'] as const;

/**
 * The environment of a shell's process: nothing of the daemon's own but the search path, the language, the time zone and
 * what an operator allows by name.
 */
export function minimalEnvironment(
  allowed: readonly string[] = [],
  source: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...ALWAYS, ...allowed]) {
    const value = source[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
