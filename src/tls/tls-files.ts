import { X509Certificate } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { z } from 'zod';

/** A file that a TLS connection needs, and the setting that names it. */
export interface TlsFile {
  /** A parameter such as `sslrootcert`, or a variable such as `REDIS_CACERT`: for messages. */
  readonly setting: string;
  readonly path: string;
}

/** A fault of a file of a TLS connection. The message names the setting and the file, and quotes nothing of it. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Reads one or more certificates. @throws {TlsFileError} */
export function readCertificates(file: TlsFile): string {
  const text = read(file);
  const certificates = text.match(certificatePattern) ?? [];
  // OpenSSL takes a CA file without any certificate for an empty list, and then trusts nobody.
  if (certificates.length === 0) {
    throw new TlsFileError(`${nameOf(file)} holds no certificate in PEM format.`);
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      // Node.js would leave out what it can't read.
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
 * Reads a private key that nobody else may read; as for libpq, a file of root's may belong to this process's group.
 * @throws {TlsFileError}
 */
export function readPrivateKey(file: TlsFile): string {
  const { uid, mode } = statOf(file);
  const forbidden = uid === 0 ? 0o037 : 0o077;
  // Windows has no such modes.
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
      `${nameOf(file)} is encrypted, and nobody can be asked for its password: decrypt it first.`,
    );
  }
  return text;
}

/**
 * Returns what differs when the file was replaced; a mounted secret is replaced by renaming a link, which changes the
 * inode as well.
 * @throws {TlsFileError}
 */
export function versionOf(file: TlsFile): string {
  const { ino, size, mtimeMs, mode, uid } = statOf(file);
  return [ino, size, mtimeMs, mode, uid].join(':');
}

/** The setting and the path of a file, for messages. */
export function nameOf({ setting, path }: TlsFile): string {
  return `${setting} ${path}`;
}

const systemErrorSchema = z.object({ code: z.string() });

/** Returns an error's code, because the message would repeat the path, or quote what the file holds. */
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
