import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key pair in two files of one name. */
export interface TestKeyFiles {
  readonly kid: string;
  readonly privateFile: string;
  readonly publicFile: string;
  readonly publicPem: string;
  readonly privateKey: KeyObject;
}

/** A folder of key files, and what makes more of them. */
export interface KeyFolder {
  addEd25519(kid: string): Promise<TestKeyFiles>;
  addRsa(kid: string, bits?: number): Promise<TestKeyFiles>;
  /** Writes a file and returns its path. */
  write(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

/** Creates an empty, private folder for key files. */
export async function createKeyFolder(): Promise<KeyFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'token-keys-'));
  const write = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const add = async (kid: string, pair: { privateKey: KeyObject; publicKey: KeyObject }) => {
    const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return {
      kid,
      publicPem,
      privateKey: pair.privateKey,
      privateFile: await write(`${kid}.pem`, privatePem),
      publicFile: await write(`${kid}.pub`, publicPem),
    };
  };
  return {
    addEd25519: (kid) => add(kid, generateKeyPairSync('ed25519')),
    addRsa: (kid, bits = 2_048) => add(kid, generateKeyPairSync('rsa', { modulusLength: bits })),
    write,
    remove: () => rm(folder, { recursive: true }),
  };
}
