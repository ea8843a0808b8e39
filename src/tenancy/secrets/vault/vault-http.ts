import { setTimeout as delay } from 'node:timers/promises';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import { secureContextOf, type TlsFiles } from '../../../tls/secure-contexts.ts';
import { explainTlsFailure } from '../../../tls/tls-failures.ts';
import { TlsFileError } from '../../../tls/tls-files.ts';
import { CredentialsError, SecretsUnavailableError } from '../credentials-error.ts';

/** The address of Vault, and the timeout of requests. */
export interface VaultConnection {
  readonly url: string;
  /** For an `https:` URL. */
  readonly tls: TlsFiles;
  /** An Enterprise or HCP namespace. */
  readonly namespace: string | undefined;
  /** All tries and the pauses between them together. */
  readonly timeoutSeconds: number;
}

/** One call of Vault's HTTP API. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1/`. */
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
}

/** The final responses of Vault; any other is retried for a limited time. */
export interface VaultAnswer {
  readonly status: number;
  /** Undefined when there was none, or no JSON. */
  readonly body: unknown;
  /** True if an earlier attempt may have succeeded although its response was lost. */
  readonly repeated: boolean;
}

/** Sends a request. @throws {SecretsUnavailableError} when Vault does not decide in time. */
export type VaultHttp = (request: VaultRequest) => Promise<VaultAnswer>;

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 2_000;

/** One try that hangs leaves time for another. */
const triesInTimeout = 2;

/**
 * Statuses that say «not now»: too many requests, or a standby node (429); a node that has not caught up (412); one
 * for disaster recovery, for reads only or cut off (472 to 474); and 5xx, of which 503 is a sealed Vault.
 * https://developer.hashicorp.com/vault/api-docs#http-status-codes and …/api-docs/system/health
 */
const isNotNow = (status: number) => [412, 429, 472, 473, 474].includes(status) || status >= 500;

/** Creates the HTTP client, with a timeout and randomized exponential backoff. */
export function createVaultHttp({ url, tls, namespace, timeoutSeconds }: VaultConnection): VaultHttp {
  const dispatcher = createDispatcher(tls);
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const timeoutMilliseconds = timeoutSeconds * 1_000;

  async function send({ method, path, token, body }: VaultRequest, milliseconds: number): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: {
        // Agents and proxies may ask for it, against requests forged through somebody else's server.
        'x-vault-request': 'true',
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(milliseconds),
      redirect: 'manual',
      dispatcher,
    };
    const target = new URL(`v1/${path}`, base);
    const answer = await fetch(target, init);
    const location = answer.status === 307 ? answer.headers.get('location') : null;
    if (location === null) return answer;
    // A standby node names the active one. fetch would take the token along to wherever it is sent, unencrypted too.
    const active = new URL(location, target);
    if (active.protocol !== target.protocol) {
      throw new CredentialsError(
        `Vault at ${base.host} redirects to ${active.protocol}, which is not followed.`,
      );
    }
    await answer.body?.cancel();
    return fetch(active, init);
  }

  return async (request) => {
    const deadline = performance.now() + timeoutMilliseconds;
    for (let tries = 0; ; tries++) {
      const left = deadline - performance.now();
      let reason: string;
      let cause: unknown;
      let pause = pauseAfter(tries);
      try {
        const answer = await send(
          request,
          Math.ceil(Math.max(1, Math.min(left, timeoutMilliseconds / triesInTimeout))),
        );
        const body = await readJson(answer);
        if (!isNotNow(answer.status)) return { status: answer.status, body, repeated: tries > 0 };
        reason = `answered ${answer.status}`;
        pause = Math.max(pause, retryAfterMilliseconds(answer.headers.get('retry-after')));
      } catch (error) {
        if (error instanceof CredentialsError) throw error;
        const explained = explainFailure(error, base.host);
        reason = explained === null ? 'did not answer' : `can't be asked (${explained.message})`;
        cause = explained ?? error;
      }
      if (performance.now() + pause >= deadline) {
        throw new SecretsUnavailableError(
          `Vault at ${base.host} ${reason}: ${request.method} ${request.path}, ${tries + 1} tries.`,
          { cause },
        );
      }
      await delay(pause);
    }
  };
}

/** Reads the files again for each connection. */
function createDispatcher(tls: TlsFiles): Agent {
  return new Agent({
    connect(options, callback) {
      try {
        const secureContext = options.protocol === 'https:' ? secureContextOf(tls) : undefined;
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        buildConnector({ secureContext, rejectUnauthorized: true })(options, callback);
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)), null);
      }
    },
  });
}

function explainFailure(error: unknown, host: string): Error | null {
  // What has gone wrong on the way is the cause of what fetch throws.
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof TlsFileError) return cause;
  return explainTlsFailure(cause, {
    peer: host,
    caSetting: 'VAULT_CACERT',
    certSetting: 'VAULT_CLIENT_CERT and VAULT_CLIENT_KEY',
  });
}

/** Between half and the whole of a doubling pause, so that processes which failed together do not return together. */
function pauseAfter(tries: number): number {
  const pause = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** tries);
  return pause * (0.5 + Math.random() / 2);
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMilliseconds(header: string | null): number {
  if (header === null) return 0;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : 0;
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
