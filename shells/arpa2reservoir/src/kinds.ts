/** Labels parted by dots, two or more. */
const DOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;
/** Nothing that a path could be made of, and no two that a directory server would take for one. */
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Of collections and resources, in characters. */
export const MAX_DESCRIPTION = 512;
/** Of the names and media types of resources, in characters. */
export const MAX_LABEL = 256;

const TEXT = { maxLength: MAX_DESCRIPTION } as const;
const LABEL = { required: true, maxLength: MAX_LABEL } as const;
const NUMBER = { required: true, maxLength: 16 } as const;
const DIGEST = { required: true, maxLength: 64 } as const;

/**
 * The entries behind the reservoir. A domain has collections, a collection has resources. Both domain and collection are an
 * index: they have names, each of which refers to a collection anywhere. Collections and resources have their key as id. A blob stands for
 * one file of data; it goes when no resource refers to it any more.
 */
export const KINDS = [
  {
    name: 'domain',
    parents: [''],
    namespace: 'domain',
    key: DOMAIN,
    attributes: {},
    references: {},
    ldap: {
      objectClasses: ['domainRelatedObject', 'arpa2ReservoirDomain'],
      rdn: 'associatedDomain',
      attributes: {},
    },
  },
  {
    name: 'collection',
    parents: ['domain'],
    namespace: 'collection',
    key: UUID,
    attributes: { description: { ...TEXT, required: true } },
    references: {},
    ldap: {
      objectClasses: ['arpa2ReservoirCollection'],
      rdn: 'arpa2Collection',
      attributes: { description: 'description' },
    },
  },
  {
    name: 'name',
    parents: ['domain', 'collection'],
    namespace: 'name',
    key: NAME,
    attributes: {},
    references: { collection: { to: ['collection'], required: true } },
    ldap: {
      objectClasses: ['arpa2ReservoirName'],
      rdn: 'cn',
      attributes: { collection: 'arpa2RefersTo' },
    },
  },
  {
    name: 'resource',
    parents: ['collection'],
    namespace: 'resource',
    key: UUID,
    attributes: {
      name: LABEL,
      type: LABEL,
      description: TEXT,
      encoding: { required: true, maxLength: 16 },
      size: NUMBER,
      digest: DIGEST,
    },
    references: { data: { to: ['blob'], required: true } },
    ldap: {
      objectClasses: ['arpa2ReservoirResource'],
      rdn: 'arpa2Resource',
      attributes: {
        name: 'cn',
        type: 'arpa2MediaType',
        description: 'description',
        encoding: 'arpa2Encoding',
        size: 'arpa2Size',
        digest: 'arpa2Sha256',
        data: 'arpa2Data',
      },
    },
  },
  {
    name: 'blob',
    parents: [''],
    namespace: 'blob',
    key: SHA256,
    attributes: { size: NUMBER },
    references: {},
    ldap: { objectClasses: ['arpa2ReservoirBlob'], rdn: 'arpa2Sha256', attributes: { size: 'arpa2Size' } },
  },
] as const;
