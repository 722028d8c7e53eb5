/** The content-type of every message (protocol.md, section 2). */
export const CONTENT_TYPE = 'application/vnd.arpa2.gss+json';
