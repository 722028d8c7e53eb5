import { runProgram } from './programs.js';

/** Files in PEM form: a key, and a certificate that is its own authority. */
export interface CertificateFiles {
  readonly key: string;
  readonly certificate: string;
}

/**
 * Makes a key and a certificate of it, for two days and for 127.0.0.1 and localhost. Needs openssl.
 *
 * @param files - absolute; the key is readable for this user only
 * @param commonName - whom it is for
 * @throws ProgramError
 */
export async function makeCertificate({ key, certificate }: CertificateFiles, commonName: string): Promise<void> {
  await runProgram('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ...['-keyout', key, '-out', certificate],
  ]);
}
