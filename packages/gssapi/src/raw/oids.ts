import koffi from 'koffi';
import { lazily, library } from './library.js';

/** Exported variables of the library that hold pointers to object identifiers (RFC 2744 appendix A). */
function exportedPointer(name: string): bigint {
  return koffi.decode(library().symbol(name), 'void *') as bigint;
}

/** Addresses of the object identifiers that this package uses, decoded once. */
export const oids = lazily(() => ({
  krb5: exportedPointer('gss_mech_krb5'),
  /** The set that holds only Kerberos 5: no other mechanism is ever offered or accepted. */
  krb5Set: exportedPointer('gss_mech_set_krb5'),
  'hostbased-service': exportedPointer('GSS_C_NT_HOSTBASED_SERVICE'),
  user: exportedPointer('GSS_C_NT_USER_NAME'),
  principal: exportedPointer('GSS_KRB5_NT_PRINCIPAL_NAME'),
}));
