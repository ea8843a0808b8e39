import { z } from 'zod';

/** Thrown when a TLS connection has failed. The message tells an operator why, and what to change. */
export class TlsFailure extends Error {
  override readonly name = 'TlsFailure';
}

/** The names that appear in a failure's message. */
export interface TlsTerms {
  /** The peer, such as a host name. */
  readonly peer: string;
  /** The settings for the CA file and the client certificate. */
  readonly caSetting: string;
  readonly certSetting: string;
  /** A further remedy for a certificate that is for another host. */
  readonly otherHostHint?: string;
}

const failureSchema = z.object({ code: z.string(), message: z.string() });

/** OpenSSL's verification results (X509_verify_cert_error_string) that concern the CA. */
const unknownAuthority = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The alerts by which a server rejects our certificate (RFC 8446, section 6.2). */
const refusedCertificate =
  /ALERT_(UNKNOWN_CA|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN|REQUIRED)|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/;

/** Explains why a TLS connection failed; null when TLS is not the cause. */
export function explainTlsFailure(error: unknown, terms: TlsTerms): TlsFailure | null {
  const failure = failureSchema.safeParse(error).data;
  const reason = failure && reasonOf(failure, terms);
  return reason == null ? null : new TlsFailure(reason, { cause: error });
}

function reasonOf(
  { code, message }: z.output<typeof failureSchema>,
  { peer, caSetting, certSetting, otherHostHint }: TlsTerms,
): string | null {
  if (unknownAuthority.has(code)) {
    return `The certificate of ${peer} is from a CA that isn't trusted (${code}): ${caSetting} has to name the file of its CA.`;
  }
  if (refusedCertificate.test(code)) {
    return `${peer} doesn't accept the client certificate (${code}): see ${certSetting}.`;
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${peer} is for another host: connect by a name that is in it${otherHostHint ?? ''}.`;
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${peer}, or of its CA, has expired.`;
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${peer}, or of its CA, isn't valid yet: check the clocks.`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `${peer} doesn't answer with TLS (${code}): is it a port without TLS?`;
    default:
      return /^(ERR_SSL_|ERR_TLS_|CERT_|EPROTO)/.test(code)
        ? `TLS with ${peer} failed: ${message.trim()}`
        : null;
  }
}
