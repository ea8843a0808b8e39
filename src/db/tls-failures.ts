import { z } from 'zod';
import { UnusableServerError } from './unusable-server-error.ts';

const failureSchema = z.object({ code: z.string(), message: z.string() });

/** OpenSSL's results of a verification (X509_verify_cert_error_string) that have to do with the CA. */
const unknownAuthority = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Says in an operator's terms why a TLS connection failed; other errors stay as they are. */
export function explainTlsFailure(error: Error, host: string): Error {
  const failure = failureSchema.safeParse(error).data;
  const reason = failure && reasonOf(failure, host);
  return reason == null ? error : new UnusableServerError(reason, { cause: error });
}

function reasonOf({ code, message }: z.output<typeof failureSchema>, host: string): string | null {
  if (unknownAuthority.has(code)) {
    return `The certificate of ${host} is from a CA that isn't trusted (${code}): sslrootcert has to name the file of its CA.`;
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${host} is for another host: connect by a name that is in it, or use sslmode=verify-ca.`;
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${host}, or of its CA, has expired.`;
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${host}, or of its CA, isn't valid yet: check the clocks.`;
    default:
      return /^(ERR_SSL_|ERR_TLS_|CERT_|EPROTO)/.test(code)
        ? `TLS with ${host} failed: ${message.trim()}`
        : null;
  }
}
