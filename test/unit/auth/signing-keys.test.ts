import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSigningKeys, type SigningKeySettings, secretKeyId } from '../../../src/auth/signing-keys.ts';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { createKeyFolder, type KeyFolder, type TestKeyFiles } from '../../support/key-files.ts';

let folder: KeyFolder;
let edwards: TestKeyFiles;
let rsa: TestKeyFiles;

beforeAll(async () => {
  folder = await createKeyFolder();
  [edwards, rsa] = await Promise.all([folder.addEd25519('2026-01'), folder.addRsa('2026-02_rsa.a')]);
});
afterAll(() => folder.remove());

const secretKey = randomBytes(48).toString('base64');

const withSecret = (more: Partial<SigningKeySettings> = {}): SigningKeySettings => ({
  signing: { algorithm: 'HS256', secretKey },
  previousSecretKeys: [],
  verificationKeyFiles: [],
  ...more,
});

const withFile = (
  algorithm: 'EdDSA' | 'RS256',
  keyFile: string,
  more: Partial<SigningKeySettings> = {},
): SigningKeySettings => withSecret({ signing: { algorithm, keyFile }, ...more });

function problemsOf(settings: SigningKeySettings): string[] {
  try {
    loadSigningKeys(settings);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  throw new Error('The keys were accepted.');
}

describe('the signing keys', () => {
  it('sign with the secret under a kid that is not the secret, and publish nothing of it', () => {
    const keys = loadSigningKeys(withSecret());
    expect(keys.signing).toMatchObject({ id: secretKeyId(secretKey), algorithm: 'HS256' });
    expect(keys.signing.id).toMatch(/^hs-[\w-]{16}$/);
    expect(secretKeyId(`${secretKey}x`)).not.toBe(keys.signing.id);
    expect(keys.publicKeys).toEqual({ keys: [] });
  });

  it('sign with a key file under the name of the file', () => {
    expect(loadSigningKeys(withFile('EdDSA', edwards.privateFile)).signing).toMatchObject({
      id: '2026-01',
      algorithm: 'EdDSA',
    });
    expect(loadSigningKeys(withFile('RS256', rsa.privateFile)).signing).toMatchObject({
      id: '2026-02_rsa.a',
      algorithm: 'RS256',
    });
  });

  it('verify with each key of whatever kind, in that key’s own algorithm, and with public parts only', () => {
    const previous = randomBytes(48).toString('base64');
    const keys = loadSigningKeys(
      withFile('EdDSA', edwards.privateFile, {
        previousSecretKeys: [secretKey, previous],
        verificationKeyFiles: [rsa.publicFile],
      }),
    );
    const found = [edwards.kid, rsa.kid, secretKeyId(secretKey), secretKeyId(previous)].map((kid) => {
      const key = keys.verificationKey(kid);
      return [key?.id, key?.algorithm, key?.key.type];
    });
    expect(found).toEqual([
      ['2026-01', 'EdDSA', 'public'],
      ['2026-02_rsa.a', 'RS256', 'public'],
      [secretKeyId(secretKey), 'HS256', 'secret'],
      [secretKeyId(previous), 'HS256', 'secret'],
    ]);
    expect(keys.publicKeys.keys.map(({ kid }) => kid)).toEqual(['2026-01', '2026-02_rsa.a']);
  });

  it('take the public part of a private key file that only verifies', () => {
    const keys = loadSigningKeys(withSecret({ verificationKeyFiles: [edwards.privateFile] }));
    expect(keys.verificationKey('2026-01')?.key.type).toBe('public');
  });

  it.each([undefined, '', 'nobody', '__proto__', 'constructor', '../2026-01', '2026-01.pem'])(
    'know no key %j',
    (kid) => {
      const keys = loadSigningKeys(withFile('EdDSA', edwards.privateFile));
      expect(keys.verificationKey(kid)).toBeUndefined();
    },
  );
});

describe('a key file', () => {
  const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
    key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const encrypted = () =>
    generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });
  const oldEncrypted = () =>
    generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
      type: 'pkcs1',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['that is not there', () => '/nowhere/key.pem', /can't be read \(ENOENT\)/],
    ['that is a folder', () => '/', /can't be read \(EISDIR\)/],
    ['that is a key instead of a path', () => pem(edwards.privateKey), /can't be read/],
    ['that is empty', () => folder.write('empty.pem', ''), /must hold one key in PEM/],
    ['that is garbage', () => folder.write('garbage.pem', 'garbage'), /must hold one key in PEM/],
    [
      'with two keys',
      () => folder.write('two.pem', pem(edwards.privateKey) + pem(rsa.privateKey)),
      /must hold one key/,
    ],
    [
      'that is damaged',
      () => folder.write('damaged.pem', pem(edwards.privateKey).replace('MC4C', 'MC4D')),
      /holds a damaged key/,
    ],
    [
      'that is encrypted',
      () => folder.write('encrypted.pem', encrypted().toString()),
      /holds an encrypted key/,
    ],
    [
      'that is encrypted the old way',
      () => folder.write('old.pem', oldEncrypted().toString()),
      /holds an encrypted key/,
    ],
    [
      'in PKCS#1',
      () => folder.write('pkcs1.pem', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()),
      /must hold "BEGIN PRIVATE KEY" \(PKCS#8\)/,
    ],
    [
      'of an elliptic curve that nobody asked for',
      () => folder.write('ec.pem', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)),
      /must hold a key of Ed25519/,
    ],
    ['of Ed448', () => folder.write('ed448.pem', pem(generateKeyPairSync('ed448').privateKey)), /of Ed25519/],
    [
      'of RSA-PSS',
      () => folder.write('pss.pem', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).privateKey)),
      /of Ed25519/,
    ],
    [
      'of RSA below 2048 bits',
      async () => (await folder.addRsa('weak', 2_040)).privateFile,
      /holds an RSA key below 2048 bits/,
    ],
    ['for another algorithm', () => rsa.privateFile, /holds a key for RS256, and ALGORITHM is EdDSA/],
    ['with the public key alone', () => edwards.publicFile, /holds a public key alone/],
    [
      'whose name is no kid',
      () => folder.write('my key.pem', pem(edwards.privateKey)),
      /is not named for a key/,
    ],
    [
      'whose name is too long',
      () => folder.write(`${'k'.repeat(65)}.pem`, pem(edwards.privateKey)),
      /is not named for a key/,
    ],
  ])('%s does not sign, and one sentence says why and quotes nothing', async (_what, makePath, reason) => {
    const path = await makePath();
    const problems = problemsOf(withFile('EdDSA', path));
    expect(problems).toEqual([expect.stringMatching(/^SIGNING_KEY_FILE .*[^.]\.$/)]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toContain(path);
    expect(problems[0]).not.toMatch(/MC4|MII|sesame/);
  });

  it('is named by its place in the list, and each that is wrong has its sentence', () => {
    expect(
      problemsOf(
        withFile('EdDSA', '/nowhere', { verificationKeyFiles: [rsa.publicFile, '/nowhere/else.pem'] }),
      ),
    ).toEqual([
      expect.stringMatching(/^SIGNING_KEY_FILE can't be read/),
      expect.stringMatching(/^VERIFICATION_KEY_FILES, file 2, can't be read/),
    ]);
  });

  it('may not have the name of another one', async () => {
    expect(
      problemsOf(withFile('EdDSA', edwards.privateFile, { verificationKeyFiles: [edwards.publicFile] })),
    ).toEqual([expect.stringMatching(/^VERIFICATION_KEY_FILES, file 1, has the kid of another key/)]);
    const posing = await folder.addEd25519(secretKeyId(secretKey));
    expect(problemsOf(withSecret({ verificationKeyFiles: [posing.publicFile] }))).toHaveLength(1);
  });
});

it('a secret may not be listed twice', () => {
  expect(problemsOf(withSecret({ previousSecretKeys: [secretKey] }))).toEqual([
    expect.stringMatching(/^PREVIOUS_SECRET_KEYS, key 1, has the kid of another key/),
  ]);
});
