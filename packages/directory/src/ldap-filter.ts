import { AndFilter, EqualityFilter, OrFilter, SubstringFilter, type Filter } from 'ldapts';

/** Every entry of ours has this class, beside those of its kind. */
export const ENTRY_CLASS = 'arpa2Entry';

/** How many entries one filter asks for. */
const ENTRIES_AT_ONCE = 100;

/** A filter for an attribute that has a value. */
export const equals = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value });

/** A filter for an attribute with a value that begins so. */
export const begins = (attribute: string, initial: string): Filter => new SubstringFilter({ attribute, initial });

/** A filter for what one of some filters finds. */
export const any = (filters: Filter[]): Filter => new OrFilter({ filters });

/** A filter for entries of ours that all of some filters find. */
export const ours = (...filters: Filter[]): Filter =>
  new AndFilter({ filters: [equals('objectClass', ENTRY_CLASS), ...filters] });

/** Filters that together find what has one of these values. */
export function* equalToAny(attribute: string, values: readonly string[]): Generator<Filter> {
  for (let from = 0; from < values.length; from += ENTRIES_AT_ONCE) {
    yield any(values.slice(from, from + ENTRIES_AT_ONCE).map((value) => equals(attribute, value)));
  }
}
