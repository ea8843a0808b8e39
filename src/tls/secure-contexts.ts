import { createSecureContext, type SecureContext } from 'node:tls';
import {
  codeOf,
  nameOf,
  readCertificates,
  readPrivateKey,
  type TlsFile,
  TlsFileError,
  versionOf,
} from './tls-files.ts';

/** The files of a TLS client. */
export interface TlsFiles {
  /** The CAs to trust; absent for Node.js' defaults. */
  readonly ca?: TlsFile | undefined;
  /** The certificate to present, with its chain. */
  readonly cert?: TlsFile | undefined;
  /** The certificate's private key. */
  readonly key?: TlsFile | undefined;
}

interface KnownContext {
  readonly version: string;
  readonly context: SecureContext;
}

/**
 * Cached, because a provider's bundle of CAs takes some 10 ms to parse and all of its tenants share it. There are few
 * different settings.
 */
const contexts = new Map<string, KnownContext>();
const maximumContexts = 100;

/**
 * Returns the certificates to trust and to present. They are reread when a file has changed, so that renewing a
 * certificate needs no restart.
 * @throws {TlsFileError} when a file can't be read, or isn't what it should be.
 */
export function secureContextOf(files: TlsFiles): SecureContext {
  const given = [files.ca, files.cert, files.key];
  const key = JSON.stringify(given.map((file) => file?.path ?? null));
  const version = given.map((file) => file && versionOf(file)).join(' ');
  const known = contexts.get(key);
  if (known?.version === version) return known.context;
  const context = createContext(files);
  if (contexts.size >= maximumContexts) contexts.clear();
  contexts.set(key, { version, context });
  return context;
}

function createContext({ ca, cert, key }: TlsFiles): SecureContext {
  const options = {
    ca: ca && readCertificates(ca),
    cert: cert && readCertificates(cert),
    key: key && readPrivateKey(key),
  };
  try {
    return createSecureContext(options);
  } catch (error) {
    const names = [cert, key].filter((file) => file !== undefined).map(nameOf);
    const code = codeOf(error);
    // A renewal replaces one file after the other; the next connection finds the matching pair.
    const reason = code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' ? 'they do not match' : code;
    throw new TlsFileError(`${names.join(' and ')} can't be used: ${reason}.`, { cause: error });
  }
}
