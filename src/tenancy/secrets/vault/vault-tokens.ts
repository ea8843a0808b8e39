import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Logger } from '../../../logging/logger.ts';
import { CredentialsError } from '../credentials-error.ts';
import type { VaultHttp } from './vault-http.ts';

/** The method of authentication to Vault. */
export type VaultLogin =
  | { readonly method: 'token'; readonly token: string }
  | {
      readonly method: 'kubernetes';
      readonly role: string;
      readonly mount: string;
      /** The service account's token; Kubernetes replaces it from time to time. */
      readonly tokenFile: string;
    };

/** The source of tokens for requests to Vault. */
export interface VaultTokens {
  /** A token that is good as far as we know. */
  current(): Promise<string>;
  /** Hears that Vault has refused the token. @returns whether {@link current} may now give a better one. */
  refused(token: string): boolean;
  close(): void;
}

interface LeasedToken {
  readonly value: string;
  /** Milliseconds of `performance.now()`; infinite for one that never ends. */
  readonly renewAt: number;
  readonly endsAt: number;
}

/** Renewing with a third of the lease left survives a Vault that is away for that long. */
const renewedAfter = 2 / 3;
/** The longest pause that a timer of Node.js can make is 24.8 days. */
const longestTimerMilliseconds = 86_400_000;
const renewalRetryMilliseconds = 10_000;

const loginSchema = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.number() }),
});
const lookUpSchema = z.object({ data: z.object({ ttl: z.number(), renewable: z.boolean() }) });
const renewalSchema = z.object({ auth: z.object({ lease_duration: z.number(), renewable: z.boolean() }) });

/** Creates the source of tokens for a method of authentication. */
export function createVaultTokens(http: VaultHttp, login: VaultLogin, logger: Logger): VaultTokens {
  return login.method === 'token'
    ? keepGivenToken(http, login.token, logger)
    : loginToKubernetes(http, login, logger);
}

/** A given token can't be replaced: it is renewed for as long as Vault lets us. */
function keepGivenToken(http: VaultHttp, token: string, logger: Logger): VaultTokens {
  let timer: NodeJS.Timeout | undefined;
  let begun = false;
  let closed = false;

  function renewIn(leaseSeconds: number): void {
    if (leaseSeconds > 0) schedule(leaseSeconds * 1_000 * renewedAfter, renew);
  }

  function schedule(milliseconds: number, work: () => Promise<void>): void {
    if (closed) return;
    timer = setTimeout(() => void work(), Math.min(milliseconds, longestTimerMilliseconds));
    timer.unref();
  }

  async function begin(): Promise<void> {
    try {
      const { status, body } = await http({ method: 'GET', path: 'auth/token/lookup-self', token });
      const found = lookUpSchema.safeParse(body);
      // A token that may not even look at itself works or does not: reading secrets will tell.
      if (status === 200 && found.success && found.data.data.renewable) renewIn(found.data.data.ttl);
    } catch (error) {
      logger.debug({ err: error }, 'Vault did not tell how long its token lasts');
      schedule(renewalRetryMilliseconds, begin);
    }
  }

  async function renew(): Promise<void> {
    try {
      const { status, body } = await http({ method: 'POST', path: 'auth/token/renew-self', token, body: {} });
      const renewed = renewalSchema.safeParse(body);
      if (status === 200 && renewed.success) {
        if (renewed.data.auth.renewable) renewIn(renewed.data.auth.lease_duration);
      } else logger.error({ status }, 'Vault does not renew VAULT_TOKEN: replace it before it ends');
    } catch (error) {
      logger.warn({ err: error }, 'VAULT_TOKEN could not be renewed yet');
      schedule(renewalRetryMilliseconds, renew);
    }
  }

  return {
    async current() {
      if (!begun) void begin();
      begun = true;
      return token;
    },
    refused: () => false,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Logs in with the pod's own service account, and again before the token's lease ends. */
function loginToKubernetes(
  http: VaultHttp,
  { role, mount, tokenFile }: Extract<VaultLogin, { method: 'kubernetes' }>,
  logger: Logger,
): VaultTokens {
  let held: LeasedToken | undefined;
  let underWay: Promise<LeasedToken> | undefined;

  async function logIn(): Promise<LeasedToken> {
    const jwt = await readFile(tokenFile, 'utf8').catch((error: unknown) => {
      throw new CredentialsError('The service account’s token for Vault can’t be read.', { cause: error });
    });
    const started = performance.now();
    const path = `auth/${mount}/login`;
    const { status, body } = await http({ method: 'POST', path, body: { role, jwt: jwt.trim() } });
    const answer = loginSchema.safeParse(body);
    if (status !== 200 || !answer.success) {
      throw new CredentialsError(
        `Vault does not let the role ${role} in at ${path}: it answered ${status}${status === 200 ? ' with something else than a token' : ''}.`,
      );
    }
    const { client_token: value, lease_duration: seconds } = answer.data.auth;
    const lease = seconds > 0 ? seconds * 1_000 : Number.POSITIVE_INFINITY;
    return { value, renewAt: started + lease * renewedAfter, endsAt: started + lease };
  }

  /** Requests that need a token at the same time share one login. */
  function logInOnce(): Promise<LeasedToken> {
    underWay ??= logIn()
      .then((token) => {
        held = token;
        return token;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  }

  return {
    async current() {
      const now = performance.now();
      if (!held || now >= held.endsAt) return (await logInOnce()).value;
      if (now >= held.renewAt) {
        logInOnce().catch((error: unknown) =>
          logger.warn({ err: error }, 'Vault did not renew our login yet'),
        );
      }
      return held.value;
    },
    refused(token) {
      if (held?.value === token) held = undefined;
      return true;
    },
    close() {},
  };
}
