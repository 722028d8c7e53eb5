/** Where the package tells what happens. A pino logger fits. Fields never hold payloads, tokens or keys. */
export interface Logger {
  debug(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

function nothing(): void {
  // Silence is the default of a library.
}

/** Drops everything. */
export const silentLogger: Logger = { debug: nothing, warn: nothing };
