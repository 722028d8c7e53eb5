/** What the hosts log with: an event name and fields, as pino takes them. Default: silence. */
export interface Logger {
  trace(fields: object, event: string): void;
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

const ignore = () => undefined;

export const SILENT: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
