import { createRequire } from 'node:module';
import type * as AjvModule from 'ajv';
import { BusError } from './bus-error.js';
import type { ErrorCode } from './error-catalogue.js';
import { quoted } from './quotation.js';
import { suggestion } from './suggestion.js';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** Ajv is CommonJS, so it can be loaded when it is first needed: a prompt that has checked nothing yet does not wait for it. */
const require = createRequire(import.meta.url);

function newAjv(): AjvModule.Ajv {
  const { Ajv } = require('ajv') as typeof AjvModule;
  return new Ajv({
    allErrors: false,
    strict: false,
    verbose: true,
    useDefaults: false,
    formats: { rfc3339: RFC3339 },
  });
}

/** Checks documents of one kind against their JSON Schema and explains what is wrong in words. */
export class DocumentValidator<T> {
  readonly #schema: AjvModule.AnySchemaObject;
  readonly #code: ErrorCode;
  #validate: ReturnType<AjvModule.Ajv['compile']> | undefined;

  /**
   * @param schema - JSON Schema, draft 7; compiled at the first use
   * @param code - the code of the error thrown for a document that does not fit
   */
  constructor(schema: AjvModule.AnySchemaObject, code: ErrorCode) {
    this.#schema = schema;
    this.#code = code;
  }

  /** Tells whether the document fits, without explaining. */
  accepts(document: unknown): document is T {
    this.#validate ??= newAjv().compile(this.#schema);
    return this.#validate(document) as boolean;
  }

  /**
   * Returns the document when it fits.
   *
   * @param document - parsed JSON or YAML
   * @param what - names the document in the message, such as `The batch`
   * @throws BusError with the validator's code; the message names the member and, for an unknown key, the likely one
   */
  check(document: unknown, what: string): T {
    if (this.accepts(document)) return document;
    throw new BusError(this.#code, `${what} is not valid: ${this.explain()}`);
  }

  /** What is wrong with the document that was just refused, in words. */
  explain(): string {
    const errors = this.#validate?.errors ?? [];
    const error =
      errors.find((candidate) => candidate.keyword !== 'anyOf' && candidate.keyword !== 'oneOf') ?? errors[0];
    return error === undefined ? 'unknown reason' : inWords(error);
  }
}

function inWords(error: AjvModule.ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  const where = error.instancePath === '' ? 'the document' : quoted(error.instancePath.slice(1).replaceAll('/', '.'));
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return `unknown key ${quoted(key)} in ${where}${suggestion(key, known)}`;
    }
    case 'required':
      return `${where} lacks ${quoted(String(params['missingProperty']))}`;
    case 'type':
      return `${where} must be of type ${String(params['type'])}`;
    case 'enum':
      return `${where} must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    default:
      return `${where} ${error.message ?? 'is refused'}`;
  }
}
