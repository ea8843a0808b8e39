import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { z } from 'zod';
import { secureContextOf, type TlsFiles } from '../tls/secure-contexts.ts';
import { explainTlsFailure, TlsFailure } from '../tls/tls-failures.ts';
import { TlsFileError } from '../tls/tls-files.ts';

/** The address of Redis, and the TLS files for a `rediss:` URL. */
export interface RedisAddress {
  readonly url: string;
  readonly tls: TlsFiles;
}

/** The TLS options of connections to Redis, and explanations of TLS failures. */
export interface RedisTls {
  /** The library's options; none for `redis:`. With TLS, the server's certificate and its host name are verified. */
  readonly options: Pick<RedisOptions, 'tls'>;
  /** Explains a failed connection if TLS is certainly the cause; otherwise null. */
  explain(error: unknown): Error | null;
  /** Explains the error of the first connection if only one side uses TLS; null for others. */
  suspect(error: unknown): Error | null;
}

const failureSchema = z.object({ code: z.string() });

/** Prepares TLS for one address. */
export function redisTls({ url, tls }: RedisAddress): RedisTls {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const peer = `Redis at ${host}`;
  const suspectAfter = (suspicious: string, hint: string) => (error: unknown) =>
    failureSchema.safeParse(error).data?.code === suspicious ? new TlsFailure(hint, { cause: error }) : null;
  if (protocol !== 'rediss:') {
    return {
      options: {},
      explain: () => null,
      // A TLS port closes a plain-text connection without a message.
      suspect: suspectAfter(
        'ECONNRESET',
        `${peer} closes the connection without an answer. If it uses TLS, REDIS_URL must begin with rediss://.`,
      ),
    };
  }
  let unusable: TlsFileError | null = null;
  return {
    options: {
      tls: {
        ...(isIP(host) === 0 ? { servername: host } : {}),
        // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
        rejectUnauthorized: true,
        // The library copies the options for each connection, which rereads the files.
        get secureContext() {
          try {
            unusable = null;
            return secureContextOf(tls);
          } catch (error) {
            if (!(error instanceof TlsFileError)) throw error;
            // The library would not retry after an error here, so this lets the connection fail for lack of a CA.
            unusable = error;
            return createSecureContext({ ca: [] });
          }
        },
      },
    },
    explain: (error) =>
      unusable ??
      explainTlsFailure(error, {
        peer,
        caSetting: 'REDIS_CACERT',
        certSetting: 'REDIS_CLIENT_CERT and REDIS_CLIENT_KEY',
      }),
    // A port without TLS waits for the rest of a command.
    suspect: suspectAfter(
      'ETIMEDOUT',
      `${peer} does not answer in time. If it doesn't use TLS, REDIS_URL must begin with redis://.`,
    ),
  };
}
