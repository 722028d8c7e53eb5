/** What the client logs with: fields and an event name, as pino takes them. Payloads and secrets are never among the fields. */
export interface Logger {
  trace(fields: object, event: string): void;
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

const ignore = (): void => undefined;

/** Logs nothing. */
export const SILENT: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
