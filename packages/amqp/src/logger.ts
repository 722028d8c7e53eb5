/** Where the package tells what happens. A pino logger fits. Fields never hold payloads, tokens or passwords. */
export interface Logger {
  trace(fields: object, event: string): void;
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

function nothing(): void {
  // Silence is the default of a library.
}

/** Drops everything. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
