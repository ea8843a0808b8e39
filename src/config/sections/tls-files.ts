import { z } from 'zod';
import type { TlsFiles } from '../../tls/secure-contexts.ts';
import { pathSchema } from '../tls-settings.ts';
import { variable } from './section.ts';

/** The files of a TLS client, each with the variable that names it. */
export function tlsFiles(service: 'REDIS' | 'VAULT') {
  return z.object({
    ca: tlsFile(`${service}_CACERT`),
    cert: tlsFile(`${service}_CLIENT_CERT`),
    key: tlsFile(`${service}_CLIENT_KEY`),
  });
}

function tlsFile(setting: string) {
  return variable(
    setting,
    pathSchema.optional().transform((path) => (path === undefined ? undefined : { setting, path })),
  );
}

/** A file that can't be used, and the reason. */
interface TlsFileFault {
  readonly file: keyof TlsFiles;
  readonly message: string;
}

/**
 * Finds the files that can't be used. Named for a connection without TLS, they would protect nothing.
 * @param url undefined when the service is not used: that is no reason to refuse its files.
 */
export function tlsFileFaults(
  service: 'REDIS' | 'VAULT',
  protocol: 'rediss' | 'https',
  url: string | undefined,
  files: TlsFiles,
): TlsFileFault[] {
  if (url !== undefined && !url.toLowerCase().startsWith(`${protocol}:`)) {
    const message = `needs a ${service}_URL that starts with ${protocol}://`;
    return (['ca', 'cert', 'key'] as const).flatMap((file) => (files[file] ? [{ file, message }] : []));
  }
  if (files.cert && !files.key) {
    return [{ file: 'key', message: `is missing: ${service}_CLIENT_CERT needs it` }];
  }
  if (files.key && !files.cert) {
    return [{ file: 'cert', message: `is missing: ${service}_CLIENT_KEY needs it` }];
  }
  return [];
}
