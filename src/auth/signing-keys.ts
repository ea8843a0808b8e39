import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { ConfigurationError } from '../config/configuration-error.ts';
import { type KeyFileAlgorithm, KeyFileError, readKeyFile } from './key-file.ts';
import { type PublicKeySet, publicKeySet } from './public-key-set.ts';

/** The places of the keys of tokens. */
export interface SigningKeySettings {
  /** The one key that new tokens are signed with. */
  readonly signing:
    | { readonly algorithm: 'HS256'; readonly secretKey: string }
    | { readonly algorithm: KeyFileAlgorithm; readonly keyFile: string };
  /** Further secrets whose HS256 tokens are good. */
  readonly previousSecretKeys: readonly string[];
  /** Further key files whose tokens are good. */
  readonly verificationKeyFiles: readonly string[];
}

/** A key, and the one algorithm that it is used with. */
export interface TokenKey {
  /** The `kid` of its tokens. */
  readonly id: string;
  readonly algorithm: 'HS256' | KeyFileAlgorithm;
  readonly key: KeyObject;
}

/** Every key that this server knows. */
export interface SigningKeys {
  /** Signs new tokens. */
  readonly signing: TokenKey;
  /** The key that checks the tokens of this `kid`; undefined when no such key is known. */
  verificationKey(id: string | undefined): TokenKey | undefined;
  /** The public keys. */
  readonly publicKeys: PublicKeySet;
}

/** One key as it was read, and from where. */
interface KeyPair {
  /** The variable, and the place in it when it is a list. */
  readonly source: string;
  readonly verification: TokenKey;
  /** The key that signs; null when only the public key is known. */
  readonly signingKey: KeyObject | null;
}

/**
 * Reads every key once.
 * @throws {ConfigurationError} with one sentence for each key that can't be used, quoting none of them.
 */
export function loadSigningKeys(settings: SigningKeySettings): SigningKeys {
  const problems: string[] = [];
  const attempt = <T>(source: string, load: () => T): T | null => {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      problems.push(`${source} ${error.message}.`);
      return null;
    }
  };

  const { signing, previousSecretKeys, verificationKeyFiles } = settings;
  const signingPair =
    signing.algorithm === 'HS256'
      ? fromSecret('SECRET_KEY', signing.secretKey)
      : attempt('SIGNING_KEY_FILE', () => fromFile('SIGNING_KEY_FILE', signing.keyFile));
  const signingKey =
    signingPair && attempt(signingPair.source, () => signingKeyOf(signingPair, signing.algorithm));
  const others = [
    ...previousSecretKeys.map((secret, index) =>
      fromSecret(`PREVIOUS_SECRET_KEYS, key ${index + 1},`, secret),
    ),
    ...verificationKeyFiles.map((path, index) => {
      const source = `VERIFICATION_KEY_FILES, file ${index + 1},`;
      return attempt(source, () => fromFile(source, path));
    }),
  ];

  const known = new Map<string, KeyPair>();
  for (const pair of [signingPair, ...others]) {
    if (pair === null) continue;
    if (known.has(pair.verification.id)) {
      problems.push(
        `${pair.source} has the kid of another key: list no key twice, and name no two files alike.`,
      );
    }
    known.set(pair.verification.id, pair);
  }
  if (signingKey === null || problems.length > 0) throw new ConfigurationError(problems.join('\n'));

  return {
    signing: signingKey,
    verificationKey: (id) => (id === undefined ? undefined : known.get(id)?.verification),
    publicKeys: publicKeySet([...known.values()].map(({ verification }) => verification)),
  };
}

/** The `kid` of tokens that are signed with a secret. */
export function secretKeyId(secretKey: string): string {
  // Its own domain: a digest of the same secret for another purpose must not stand in every token.
  const digest = createHash('sha256').update('cxg-graphql-api kid\0').update(secretKey).digest('base64url');
  return `hs-${digest.slice(0, 16)}`;
}

function fromSecret(source: string, secretKey: string): KeyPair {
  const key = createSecretKey(secretKey, 'utf8');
  return { source, verification: { id: secretKeyId(secretKey), algorithm: 'HS256', key }, signingKey: key };
}

function fromFile(source: string, path: string): KeyPair {
  const { id, algorithm, publicKey, privateKey } = readKeyFile(path);
  return { source, verification: { id, algorithm, key: publicKey }, signingKey: privateKey };
}

function signingKeyOf({ verification, signingKey }: KeyPair, algorithm: TokenKey['algorithm']): TokenKey {
  if (verification.algorithm !== algorithm) {
    throw new KeyFileError(`holds a key for ${verification.algorithm}, and ALGORITHM is ${algorithm}`);
  }
  if (signingKey === null) throw new KeyFileError('holds a public key alone: signing needs the private one');
  return { ...verification, key: signingKey };
}
