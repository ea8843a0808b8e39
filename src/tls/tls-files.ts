import { X509Certificate } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { z } from 'zod';

/** A file for a TLS connection, and the setting that names it. */
export interface TlsFile {
  /** A parameter such as `sslrootcert`, or a variable such as `REDIS_CACERT`: for messages. */
  readonly setting: string;
  readonly path: string;
}

/** Thrown for a faulty TLS file. The message names the setting and the file, but doesn't quote its contents. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Reads one or more certificates. @throws {TlsFileError} */
export function readCertificates(file: TlsFile): string {
  const text = read(file);
  const certificates = text.match(certificatePattern) ?? [];
  // OpenSSL treats a CA file without certificates as an empty list, and then trusts nobody.
  if (certificates.length === 0) {
    throw new TlsFileError(`${nameOf(file)} holds no certificate in PEM format.`);
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      // Node.js would skip certificates that it can't read.
      new X509Certificate(certificate);
    } catch (error) {
      throw new TlsFileError(`${nameOf(file)} can't be used: its certificate ${index + 1} is damaged.`, {
        cause: error,
      });
    }
  }
  return text;
}

/**
 * Reads a private key that nobody else can read; like libpq, accepts a file of root's that this process's group can
 * read.
 * @throws {TlsFileError}
 */
export function readPrivateKey(file: TlsFile): string {
  const { uid, mode } = statOf(file);
  const forbidden = uid === 0 ? 0o037 : 0o077;
  // Windows has no file modes.
  if (process.platform !== 'win32' && (mode & forbidden) !== 0) {
    throw new TlsFileError(
      `${nameOf(file)} can be read by others: its mode must be 0600, or 0640 if root owns it.`,
    );
  }
  const text = read(file);
  if (!text.includes('PRIVATE KEY-----')) {
    throw new TlsFileError(`${nameOf(file)} holds no private key in PEM format.`);
  }
  if (text.includes('ENCRYPTED')) {
    throw new TlsFileError(
      `${nameOf(file)} is encrypted and there is no way to enter its password: decrypt it first.`,
    );
  }
  return text;
}

/**
 * Returns a value that differs when the file has been replaced. A mounted secret is replaced by renaming a link, which
 * also changes the inode.
 * @throws {TlsFileError}
 */
export function versionOf(file: TlsFile): string {
  const { ino, size, mtimeMs, mode, uid } = statOf(file);
  return [ino, size, mtimeMs, mode, uid].join(':');
}

/** Returns the setting and the path of a file, for messages. */
export function nameOf({ setting, path }: TlsFile): string {
  return `${setting} ${path}`;
}

const systemErrorSchema = z.object({ code: z.string() });

/** Returns an error's code, because the message would repeat the path or quote the file's contents. */
export function codeOf(error: unknown): string {
  return systemErrorSchema.safeParse(error).data?.code ?? 'unknown reason';
}

function read(file: TlsFile): string {
  return orExplain(file, () => readFileSync(file.path, 'utf8'));
}

function statOf(file: TlsFile): Stats {
  return orExplain(file, () => statSync(file.path));
}

function orExplain<T>(file: TlsFile, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new TlsFileError(`${nameOf(file)} can't be read: ${codeOf(error)}.`, { cause: error });
  }
}
