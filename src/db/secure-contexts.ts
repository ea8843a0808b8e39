import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { z } from 'zod';
import { systemRootCert, type TlsSettings } from '../config/tls-settings.ts';
import { UnusableServerError } from './unusable-server-error.ts';

interface KnownContext {
  readonly version: string;
  readonly context: SecureContext;
}

/** A provider's bundle of CAs takes some 10 ms to parse, and all of its tenants share it. Settings are few. */
const contexts = new Map<string, KnownContext>();
const maximumContexts = 100;

/**
 * Returns the certificates to trust and to show, read anew when one of the files has changed.
 * @throws {UnusableServerError} when a file can't be read, or isn't what it should be.
 */
export function secureContextOf({ sslrootcert, sslcert, sslkey }: TlsSettings): SecureContext {
  const files = { sslrootcert: sslrootcert === systemRootCert ? undefined : sslrootcert, sslcert, sslkey };
  const key = JSON.stringify(files);
  const version = Object.entries(files).map(versionOf).join(' ');
  const known = contexts.get(key);
  if (known?.version === version) return known.context;
  const context = createContext(files);
  if (contexts.size >= maximumContexts) contexts.clear();
  contexts.set(key, { version, context });
  return context;
}

interface Files {
  readonly sslrootcert: string | undefined;
  readonly sslcert: string | undefined;
  readonly sslkey: string | undefined;
}

function createContext({ sslrootcert, sslcert, sslkey }: Files): SecureContext {
  const ca = read('sslrootcert', sslrootcert);
  const certificate = { cert: read('sslcert', sslcert), key: read('sslkey', sslkey) };
  // OpenSSL takes a file without any certificate for an empty list of CAs, and then trusts nobody.
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UnusableServerError(`sslrootcert ${sslrootcert} holds no certificate in PEM format.`);
  }
  try {
    return createSecureContext({ ca, ...certificate });
  } catch (error) {
    const files = [sslrootcert, sslcert, sslkey].filter((path) => path !== undefined).join(', ');
    throw new UnusableServerError(`The certificates in ${files} can't be used: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function read(parameter: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : orRefuse(parameter, path, () => readFileSync(path, 'utf8'));
}

/** Mounted secrets are replaced by renaming a link, which changes the inode as well. */
function versionOf([parameter, path]: [string, string | undefined]): string {
  if (path === undefined) return '';
  const { ino, size, mtimeMs } = orRefuse(parameter, path, () => statSync(path));
  return `${ino}:${size}:${mtimeMs}`;
}

function orRefuse<T>(parameter: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UnusableServerError(`${parameter} ${path} can't be read: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

const systemErrorSchema = z.object({ code: z.string() });

/** The code, because the message would repeat the path. */
function reasonOf(error: unknown): string {
  return systemErrorSchema.safeParse(error).data?.code ?? String(error);
}
