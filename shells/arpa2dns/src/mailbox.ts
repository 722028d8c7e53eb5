import { quoted } from '@arpa2amqp/protocol';
import { hostName } from './domain-name.js';
import { refused } from './refusal.js';

/** RFC 5322, section 3.2.3, dot-atom. */
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const MAX_LABEL_CHARACTERS = 63;

/**
 * The name that stands for an e-mail address in a SOA or RP record: the local part is one label (RFC 1035, section 8).
 * @throws ShellError when it is not an address of a person, such as `hostmaster@example.org`
 */
export function mailboxName(text: string): string {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (at < 1 || !LOCAL_PART.test(local) || local.length > MAX_LABEL_CHARACTERS || !text.slice(at).includes('.')) {
    throw refused(
      `The responsible person ${quoted(text)} is not an e-mail address such as hostmaster@example.org, at most ${MAX_LABEL_CHARACTERS} characters before the @`,
    );
  }
  const label = local.replaceAll(/[^A-Za-z0-9_-]/g, '\\$&');
  return `${label}.${hostName(text.slice(at + 1), '.', 'domain of the responsible person')}`;
}
