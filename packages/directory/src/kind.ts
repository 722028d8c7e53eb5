/** An attribute of a {@link Kind}. Values are text, never empty, without NUL. */
export interface AttributeType {
  /** May have several values; default: one at most. */
  readonly many?: boolean;
  readonly required?: boolean;
  /** In characters, default 1024. */
  readonly maxLength?: number;
}

/** A reference of a {@link Kind} to other entries. */
export interface ReferenceType {
  /** The kinds that it may refer to. */
  readonly to: readonly string[];
  /** May refer to several; default: one at most. */
  readonly many?: boolean;
  readonly required?: boolean;
}

/** How the entries of a {@link Kind} look in LDAP. */
export interface LdapKind {
  /** One of them structural. `arpa2Entry` is added by the store. */
  readonly objectClasses: readonly string[];
  /** The attribute that holds the key, and names the entry. */
  readonly rdn: string;
  /** The LDAP attribute of each attribute and reference. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** One kind of entry: where it may be, and what it holds. */
export interface Kind {
  readonly name: string;
  /** Kinds that it may stand below; `''` is the root. */
  readonly parents: readonly string[];
  /** Siblings of one namespace have different keys, whatever their kinds. */
  readonly namespace: string;
  /** What the whole of a key looks like. */
  readonly key: RegExp;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly references: Readonly<Record<string, ReferenceType>>;
  readonly ldap: LdapKind;
}

/** The kinds of a directory, checked to agree with one another. */
export class KindTable {
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #keys: ReadonlyMap<string, RegExp>;

  /** @throws TypeError when they do not */
  constructor(kinds: readonly Kind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    if (this.#kinds.size !== kinds.length) throw new TypeError('Two kinds have one name');
    this.#keys = new Map(kinds.map(({ name, key }) => [name, wholly(key)]));
    for (const kind of kinds) {
      this.#checkNames(kind);
      this.#checkLdap(kind);
    }
  }

  /** @throws TypeError when there is no such kind */
  get(name: string): Kind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw new TypeError(`There is no kind ${name}`);
    return kind;
  }

  [Symbol.iterator](): Iterator<Kind> {
    return this.#kinds.values();
  }

  isKey(kind: Kind, key: string): boolean {
    return this.#keys.get(kind.name)?.test(key) ?? false;
  }

  #checkNames({ name, parents, attributes, references }: Kind): void {
    const known = [...parents.filter((parent) => parent !== ''), ...Object.values(references).flatMap(({ to }) => to)];
    for (const other of known) {
      if (!this.#kinds.has(other)) throw new TypeError(`Kind ${name} names ${other}, which is no kind`);
    }
    const twice = Object.keys(attributes).find((attribute) => Object.hasOwn(references, attribute));
    if (twice !== undefined) throw new TypeError(`Kind ${name} has both an attribute and a reference ${twice}`);
  }

  /** The names of siblings are one namespace exactly when they are of one LDAP attribute. */
  #checkLdap(kind: Kind): void {
    for (const name of [...Object.keys(kind.attributes), ...Object.keys(kind.references)]) {
      if (kind.ldap.attributes[name] === undefined)
        throw new TypeError(`Kind ${kind.name} has no LDAP attribute for ${name}`);
    }
    const taken = [kind.ldap.rdn, ...Object.values(kind.ldap.attributes)].map((name) => name.toLowerCase());
    if (new Set(taken).size < taken.length) throw new TypeError(`Kind ${kind.name} uses an LDAP attribute twice`);
    for (const other of this.#kinds.values()) {
      if (other === kind) continue;
      const areSiblings = kind.parents.some((parent) => other.parents.includes(parent));
      if (areSiblings && (kind.namespace === other.namespace) !== (kind.ldap.rdn === other.ldap.rdn)) {
        throw new TypeError(`Kinds ${kind.name} and ${other.name} must share both namespace and rdn, or neither`);
      }
      if (other.ldap.objectClasses.every((name) => kind.ldap.objectClasses.includes(name))) {
        throw new TypeError(
          `Kind ${kind.name} has all object classes of ${other.name}, so that they cannot be told apart`,
        );
      }
    }
  }
}

function wholly({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags.replace(/[gym]/g, ''));
}
