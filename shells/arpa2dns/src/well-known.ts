import type { Candidate } from '@arpa2amqp/protocol';

// Values worth offering although nothing has them yet, each with what it stands for (IANA registries).

const lines = (table: Readonly<Record<string, string>>): readonly Candidate[] =>
  Object.entries(table).map(([value, help]) => ({ value, help }));

/** Protocols of TLSA records. */
export const PROTOCOLS = lines({ _tcp: 'TCP, with TLS', _udp: 'UDP, with DTLS or QUIC', _sctp: 'SCTP, with DTLS' });

/** Ports whose services use TLS, from the first byte or after STARTTLS, by the label of the protocol. */
export const PORTS: Readonly<Record<string, readonly Candidate[]>> = {
  _tcp: lines({
    ...{ '*': 'Every port', '25': 'SMTP between servers', '110': 'POP3', '143': 'IMAP', '389': 'LDAP' },
    ...{ '443': 'HTTPS', '465': 'SMTP submission over TLS', '587': 'SMTP submission', '636': 'LDAP over TLS' },
    ...{ '853': 'DNS over TLS', '993': 'IMAP over TLS', '995': 'POP3 over TLS', '5061': 'SIP over TLS' },
    ...{ '5222': 'XMPP for clients', '5223': 'XMPP over TLS', '5269': 'XMPP between servers', '5349': 'TURN over TLS' },
    ...{ '5432': 'PostgreSQL', '5671': 'AMQP over TLS', '6697': 'IRC over TLS', '8883': 'MQTT over TLS' },
  }),
  _udp: lines({
    ...{ '*': 'Every port', '443': 'HTTP/3', '853': 'DNS over QUIC', '5061': 'SIP over DTLS' },
    ...{ '5349': 'TURN over DTLS', '5684': 'CoAP over DTLS' },
  }),
  _sctp: lines({ '*': 'Every port', '5061': 'SIP over TLS', '5658': 'Diameter over DTLS' }),
};

/** Times to live. */
export const TIMES = lines({ '300': 'Five minutes', '3600': 'An hour', '86400': 'A day' });

/** Service fields of NAPTR records for ENUM. */
export const SERVICE_FIELDS = lines({
  'E2U+sip': 'Call by SIP',
  'E2U+h323': 'Call by H.323',
  'E2U+voice:tel': 'Call by telephone',
  'E2U+fax:tel': 'Send a fax',
  'E2U+sms:tel': 'Send a short message',
  'E2U+email:mailto': 'Send mail',
  'E2U+xmpp': 'Chat by XMPP',
  'E2U+web:http': 'Look at a page',
  'E2U+web:https': 'Look at a page, over TLS',
});

/** What records of a type are for; types not in it are rare. */
export const RECORD_TYPES: Readonly<Record<string, string>> = {
  ...{ A: 'IPv4 address', AAAA: 'IPv6 address', CAA: 'Who may issue certificates', CNAME: 'Another name for all' },
  ...{ DNAME: 'Another name for all below', DS: 'Key of a delegated zone', HTTPS: 'How to reach a web service' },
  ...{
    MX: 'Mail server',
    NAPTR: 'Rule for rewriting',
    NS: 'Name server',
    OPENPGPKEY: 'OpenPGP key',
    PTR: 'Name of an address',
  },
  ...{
    SMIMEA: 'Certificate for mail',
    SOA: 'Start of the zone',
    SRV: 'Server of a service',
    SSHFP: 'Key of an SSH server',
  },
  ...{ SVCB: 'How to reach a service', TLSA: 'Certificate of a service', TXT: 'Text', URI: 'Address of a service' },
};
