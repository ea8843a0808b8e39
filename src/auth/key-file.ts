import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'node:path';

/** The algorithms whose keys come from files. */
export type KeyFileAlgorithm = 'EdDSA' | 'RS256';

/** The content of a key file. Its name without the extension is the key's id. */
export interface KeyFile {
  readonly id: string;
  readonly algorithm: KeyFileAlgorithm;
  readonly publicKey: KeyObject;
  /** Null when the file holds the public key alone. */
  readonly privateKey: KeyObject | null;
}

/**
 * A key file that can't be used. The message completes "The file …" and quotes neither what the file holds nor
 * its path: who puts a key where its path belongs does not find it in a log.
 */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** RFC 7518, section 3.3. */
const smallestRsaBits = 2_048;

/**
 * Reads a PEM file with one key: a public one (SPKI) or a private one (PKCS#8), of Ed25519 or RSA.
 * @throws {KeyFileError} when there is no such file, or something else in it.
 */
export function readKeyFile(path: string): KeyFile {
  const pem = readText(path);
  const id = parse(path).name;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
    throw new KeyFileError(
      'is not named for a key: use 1 to 64 letters, digits, dots, hyphens and underscores before the extension',
    );
  }
  const { publicKey, privateKey } = parsePem(pem);
  return { id, algorithm: algorithmOf(publicKey), publicKey, privateKey };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new KeyFileError(`can't be read${reason}`);
  }
}

function parsePem(pem: string): Pick<KeyFile, 'publicKey' | 'privateKey'> {
  const labels = [...pem.matchAll(/-----BEGIN ([^-]+)-----/g)].map(([, label]) => label);
  if (labels.length !== 1) throw new KeyFileError('must hold one key in PEM, and nothing else');
  if (labels[0] === 'ENCRYPTED PRIVATE KEY' || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new KeyFileError(
      'holds an encrypted key, whose password nobody can be asked for: decrypt it first',
    );
  }
  try {
    if (labels[0] === 'PUBLIC KEY') return { publicKey: createPublicKey(pem), privateKey: null };
    if (labels[0] === 'PRIVATE KEY') {
      const privateKey = createPrivateKey(pem);
      return { publicKey: createPublicKey(privateKey), privateKey };
    }
  } catch {
    // OpenSSL's reasons are no help to an operator, and might quote.
    throw new KeyFileError('holds a damaged key');
  }
  throw new KeyFileError('must hold "BEGIN PRIVATE KEY" (PKCS#8) or "BEGIN PUBLIC KEY" (SPKI)');
}

function algorithmOf(publicKey: KeyObject): KeyFileAlgorithm {
  switch (publicKey.asymmetricKeyType) {
    case 'ed25519':
      return 'EdDSA';
    case 'rsa': {
      if ((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= smallestRsaBits) return 'RS256';
      throw new KeyFileError(`holds an RSA key below ${smallestRsaBits} bits`);
    }
    default:
      throw new KeyFileError('must hold a key of Ed25519 (for EdDSA) or RSA (for RS256)');
  }
}
