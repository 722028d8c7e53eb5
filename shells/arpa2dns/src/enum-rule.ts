import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';
import { stringData } from './record-data.js';

// ENUM: RFC 6116 on RFC 3403. The rule is applied to the whole number as dialled, with its plus sign.

const SERVICE = /^E2U(?:\+[A-Z0-9][A-Z0-9-]{0,31}(?::[A-Z0-9][A-Z0-9-]{0,31})*)+$/i;
/** RFC 3986 characters but for the delimiter of the rule, with references to the groups. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#[\]@$&'()*+,;=-]|%[0-9A-Fa-f]{2}|\\[1-9])+$/;

/** What {@link enumRule} is made of. */
export interface EnumService {
  /** Whether longer numbers are meant instead of the number itself. */
  readonly isWildcard: boolean;
  /** How many digits of the number stay out of `\1`. */
  readonly skip: string;
  /** Such as `E2U+sip`. */
  readonly service: string;
  /** May use `\1`, the number without the skipped digits, and in a wildcard `\2`, the digits that follow. */
  readonly uri: string;
}

/** Digits of the number that an ENUM zone stands for. @throws ShellError when it is not one */
export function zoneDigits(zone: string): string {
  const labels = /^((?:\d\.)+)e164\.arpa\.$/.exec(zone)?.[1];
  if (labels === undefined) {
    throw refused(`The zone ${quoted(zone)} is not an ENUM zone; write it as a telephone number such as +31201234567`);
  }
  return labels.replaceAll('.', '').split('').reverse().join('');
}

/**
 * The data of a NAPTR record that turns a telephone number into a URI.
 * @param digits - from {@link zoneDigits}
 * @throws ShellError for a wrong skip, service or URI
 */
export function enumRule(digits: string, { isWildcard, skip, service, uri }: EnumService): string {
  const skipped = /^\d{1,2}$/.test(skip) ? Number(skip) : digits.length;
  if (skipped >= digits.length) {
    throw refused(
      `The skip ${quoted(skip)} is not a number from 0 to ${digits.length - 1}, one less than the zone has digits`,
    );
  }
  if (!SERVICE.test(service))
    throw refused(`The service field ${quoted(service)} is not like E2U+sip or E2U+email:mailto`);
  if (!URI.test(uri)) {
    throw refused(`The URI ${quoted(uri)} is not like sip:\\1@example.org; a ! in it must be written %21`);
  }
  const groups = isWildcard ? 2 : 1;
  const reference = [...uri.matchAll(/\\([1-9])/g)]
    .map(([, number]) => Number(number))
    .find((number) => number > groups);
  if (reference !== undefined) {
    throw refused(
      `The URI ${quoted(uri)} uses \\${reference}, but only ${isWildcard ? '\\1 and \\2' : '\\1'} can be had`,
    );
  }
  const pattern = `^\\+${digits.slice(0, skipped)}(${digits.slice(skipped)})${isWildcard ? '(.*)' : ''}$`;
  const rule = stringData(`!${pattern}!${uri}!`, 'rule made of the number and the URI');
  return `10 10 "u" ${stringData(service, 'service field')} ${rule} .`;
}
