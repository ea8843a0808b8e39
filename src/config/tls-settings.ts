import { isAbsolute } from 'node:path';
import { z } from 'zod';

/**
 * The use of TLS, as libpq defines it (PostgreSQL manual, «SSL Support», table «SSL Mode Descriptions»), from none to
 * encryption to a server whose certificate is for its host name.
 */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** One of libpq's modes. */
export type SslMode = (typeof sslModes)[number];

/** The sslrootcert that stands for the CAs that Node.js trusts. */
export const systemRootCert = 'system';

/** The longest path that a column holds. */
const longestPath = 1_024;

function isPath(text: string): boolean {
  return text.length <= longestPath && isAbsolute(text) && !/\p{Cc}/u.test(text);
}

/** An absolute path: processes may run in any folder. */
export const pathSchema = z.string().refine(isPath, 'must be an absolute path');

/** The parts of TLS settings, as URLs, flags and columns hold them. */
export const tlsParts = {
  sslmode: z.enum(sslModes, `must be one of ${sslModes.join(', ')}`),
  sslrootcert: z
    .string()
    .refine((value) => value === systemRootCert || isPath(value), 'must be an absolute path, or system'),
  sslcert: pathSchema,
  sslkey: pathSchema,
} as const;

/**
 * TLS settings of a connection. The files are read when a connection is opened, so a renewed certificate needs no
 * restart.
 */
export const tlsSettingsSchema = z
  .object({
    sslmode: tlsParts.sslmode.default('prefer'),
    sslrootcert: tlsParts.sslrootcert.exactOptional(),
    sslcert: tlsParts.sslcert.exactOptional(),
    sslkey: tlsParts.sslkey.exactOptional(),
  })
  .superRefine(({ sslmode, sslrootcert, sslcert, sslkey }, issues) => {
    const refuse = (path: string, message: string) =>
      void issues.addIssue({ code: 'custom', path: [path], message });
    if (sslmode === 'verify-ca' && sslrootcert === undefined) {
      refuse('sslrootcert', 'is missing: sslmode=verify-ca needs the file of the CA');
    }
    // libpq refuses this too: anybody can get a certificate of a public CA.
    if (sslrootcert === systemRootCert && sslmode !== 'verify-full') {
      refuse('sslmode', 'must be verify-full with sslrootcert=system');
    }
    if (sslcert !== undefined && sslkey === undefined) refuse('sslkey', 'is missing: sslcert needs it');
    if (sslkey !== undefined && sslcert === undefined) refuse('sslcert', 'is missing: sslkey needs it');
  });

/** Settings that fit together. */
export type TlsSettings = z.output<typeof tlsSettingsSchema>;

/** libpq's default: TLS if the server offers it, without a check of its certificate. */
export const defaultTls: TlsSettings = { sslmode: 'prefer' };

/** Returns the settings without a client certificate, which is for one role. */
export function withoutCertificate({
  sslcert: _certificate,
  sslkey: _key,
  ...server
}: TlsSettings): TlsSettings {
  return server;
}

/** Returns whether a connection is always encrypted. */
export function requiresTls({ sslmode }: TlsSettings): boolean {
  return sslmode === 'require' || sslmode === 'verify-ca' || sslmode === 'verify-full';
}

/** Returns whether a host is this machine, or the folder of a Unix socket: nobody can listen on the way there. */
export function isLocalHost(host: string): boolean {
  return (
    host.startsWith('/') ||
    host.toLowerCase() === 'localhost' ||
    host === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}
