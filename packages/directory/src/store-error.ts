import { randomBytes } from 'node:crypto';
import type { ReplyCode } from '@arpa2amqp/protocol';

/**
 * An error of what commands keep their data in. Its message and causes are for the operator of the host: they name files and servers.
 */
export abstract class StoreError extends Error {
  /** Code of the reply to the command that fails with it. */
  abstract readonly reply: ReplyCode;
  /** What whoever gave the command may read, and can act on. */
  abstract readonly told: string;
}

/** Who reads the errors of a store. */
export interface StoreAudience {
  /** Makes the error that a command fails with. */
  readonly refuse: (message: string, options: { readonly code: ReplyCode; readonly cause: unknown }) => Error;
  /** Where the commands run. Without an address that is no host with callers: the operator gives them, and reads errors in full. */
  readonly place: { readonly address?: string; readonly logger?: { error(fields: object, event: string): void } };
}

const MAX_CAUSES = 5;
const MAX_CHARACTERS = 500;
const REFERENCE_BYTES = 4;

/**
 * The error that a command fails with because of its store. Where there is more to it than the caller is told, the whole of it goes to
 * the log as `store-failed`, under a reference that the caller is given.
 *
 * @returns what {@link StoreAudience.refuse} makes; an error that is none of a store as it is
 */
export function refusalOf(error: unknown, { refuse, place }: StoreAudience): unknown {
  if (!(error instanceof StoreError)) return error;
  const { reply: code, message, told } = error;
  if (place.address === undefined || told === message) return refuse(message, { code, cause: error });
  const reference = randomBytes(REFERENCE_BYTES).toString('hex');
  // A host takes flat fields only.
  place.logger?.error({ reference, error: cut(message), cause: causesOf(error) }, 'store-failed');
  return refuse(`${told} (${reference} in the log of the host)`, { code, cause: error });
}

const cut = (text: string): string => text.slice(0, MAX_CHARACTERS);

function causesOf({ cause }: Error): string {
  const causes: string[] = [];
  for (let at = cause; at instanceof Error && causes.length < MAX_CAUSES; at = at.cause) {
    causes.push(cut(`${at.name}: ${at.message}`));
  }
  return causes.join(', because of ');
}
