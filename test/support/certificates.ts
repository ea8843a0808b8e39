import { randomBytes } from 'node:crypto';
// The library next to it looks for this when it is loaded.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The contents of a certificate. */
export interface Subject {
  readonly commonName: string;
  readonly hosts?: readonly string[];
  readonly addresses?: readonly string[];
  /** True if its time is over. */
  readonly expired?: boolean;
}

/** An authority of a test's own. */
export interface CertificateAuthority {
  /** Its own certificate, in PEM: what clients trust. */
  readonly cert: string;
  /** Signs a certificate for a server or a client. */
  issue(subject: Subject): Promise<Identity>;
}

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMilliseconds = 86_400_000;

/** Creates an authority that nobody else trusts. */
export async function createCertificateAuthority(name: string): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(false),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: signing,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    cert: authority.toString('pem'),
    async issue({ commonName, hosts = [], addresses = [], expired = false }) {
      const own = await generateKeys();
      const names = [
        ...hosts.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ];
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity(expired),
        subject: `CN=${commonName}`,
        issuer: authority.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: signing,
        extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
      });
      return { cert: certificate.toString('pem'), key: await privateKeyOf(own) };
    },
  };
}

function generateKeys() {
  return crypto.subtle.generateKey(signing, true, ['sign', 'verify']);
}

async function privateKeyOf({ privateKey }: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
}

function validity(expired: boolean) {
  const now = Date.now();
  return {
    // A first bit that is set would make the number negative.
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    notBefore: new Date(now - 2 * dayMilliseconds),
    notAfter: new Date(now + (expired ? -dayMilliseconds : dayMilliseconds)),
  };
}
