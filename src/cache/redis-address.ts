import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { z } from 'zod';
import { secureContextOf, type TlsFiles } from '../tls/secure-contexts.ts';
import { explainTlsFailure, TlsFailure } from '../tls/tls-failures.ts';
import { TlsFileError } from '../tls/tls-files.ts';

/** The address of Redis, and the files for TLS when the URL begins with `rediss:`. */
export interface RedisAddress {
  readonly url: string;
  readonly tls: TlsFiles;
}

/** The encryption of connections to Redis, and explanations of its failures. */
export interface RedisTls {
  /** The library's options; none for `redis:`. With TLS, the server's certificate is checked, for its host, too. */
  readonly options: Pick<RedisOptions, 'tls'>;
  /** Explains a failed connection if it certainly has to do with TLS; otherwise null. */
  explain(error: unknown): Error | null;
  /** Explains the error that Redis's first connection ends with when only one side speaks TLS; null for others. */
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
      // A port with TLS ends a connection without a word.
      suspect: suspectAfter(
        'ECONNRESET',
        `${peer} ends the connection before it has answered anything. If it speaks TLS, REDIS_URL has to begin with rediss://.`,
      ),
    };
  }
  let unusable: TlsFileError | null = null;
  return {
    options: {
      tls: {
        ...(isIP(host) === 0 ? { servername: host } : {}),
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
        // The library copies the options for each connection, and so reads the files anew.
        get secureContext() {
          try {
            unusable = null;
            return secureContextOf(tls);
          } catch (error) {
            if (!(error instanceof TlsFileError)) throw error;
            // The library would not try again after an error here: it fails for want of any CA.
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
      `${peer} does not answer in time. If it speaks no TLS, REDIS_URL has to begin with redis://.`,
    ),
  };
}
