import { quoted } from '@arpa2amqp/protocol';
import { MAX_DESCRIPTION, MAX_LABEL } from './kinds.js';
import { lineOfText } from './names.js';
import { refused } from './refusal.js';
import { ENCODINGS, type Encoding } from './resource-data.js';

/** What `var=val` can say of a resource, checked; absent: was not given. */
export interface ResourceVariables {
  readonly name?: string;
  readonly type?: string;
  /** Null: to be taken away. */
  readonly description?: string | null;
  readonly encoding?: Encoding;
  /** The data itself, as in `stdin_`: for little, typed by hand. Words are in the audit log, `stdin_` is not. */
  readonly data?: string;
}

/** What a `<var=val>` looks like; what is in it has words of its own when it is wrong. */
export const VARIABLE_PATTERN = '[A-Za-z-]+=[\\s\\S]*';

const VARIABLES = ['name', 'type', 'description', 'encoding', 'data'];
/** RFC 6838, section 4.2, with parameters as in RFC 9110, section 8.3.1. */
const MEDIA_TYPE =
  /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?: *; *[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\w !#$&^.+:;,/?@()=-]*"))*$/;

/** Reads the words of a command. @throws ShellError that says what is wrong with the first that is */
export function readVariables(words: readonly string[]): ResourceVariables {
  const given: Record<string, string | null> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    const variable = word.slice(0, at);
    if (Object.hasOwn(given, variable)) throw refused(`The variable ${quoted(variable)} is given twice`);
    given[variable] = readOne(variable, word.slice(at + 1));
  }
  return given;
}

function readOne(variable: string, value: string): string | null {
  switch (variable) {
    case 'name':
      return lineOfText(value, 'name', MAX_LABEL);
    case 'type':
      return mediaType(value);
    case 'description':
      return value === '' ? null : lineOfText(value, 'description', MAX_DESCRIPTION);
    case 'encoding':
      return encoding(value);
    case 'data':
      return value;
    case 'file':
      throw refused('Files of the host are not read: give the data in stdin_, or a short one with data=...');
    default:
      throw refused(`There is no variable ${quoted(variable)}; there are ${VARIABLES.join(', ')}`);
  }
}

function mediaType(value: string): string {
  if (value.length <= MAX_LABEL && MEDIA_TYPE.test(value)) return value;
  throw refused(`${quoted(value)} is not a media type such as text/plain or application/pdf`);
}

function encoding(value: string): Encoding {
  const found = ENCODINGS.find((known) => known === value);
  if (found === undefined) throw refused(`The encoding ${quoted(value)} is not ${ENCODINGS.join(' or ')}`);
  return found;
}
