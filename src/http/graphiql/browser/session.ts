import { type Answer, hasCode, hasOnlyExpired, readAnswer, sentencesOf } from './answer.ts';
import {
  type GraphQLRequest,
  loginDocument,
  logoutDocument,
  payloadSchema,
  refreshDocument,
  viewerDocument,
  viewerSchema,
} from './session-operations.ts';

/** Credentials to sign in with. A manager has no tenant key. */
export interface Credentials {
  readonly tenantKey: string | null;
  readonly username: string;
  readonly password: string;
  readonly newPassword: string | null;
}

/** The person who is signed in, and their tenant. */
export interface Identity {
  readonly username: string;
  readonly fullName: string;
  /** Null for a manager. */
  readonly tenant: { readonly key: string; readonly companyName: string } | null;
}

/** The state of the page's session. `problem` is a sentence for the user, or empty. */
export interface SessionState {
  readonly status: 'unknown' | 'signedOut' | 'signedIn';
  /** Null when nobody is signed in, or while that is not known yet. */
  readonly identity: Identity | null;
  readonly problem: string;
}

/** The result of an attempt to sign in. */
export type SignInOutcome = 'signedIn' | 'mustChangePassword' | 'refused';

/** A session's interface to its browser. */
export interface SessionOptions {
  /** Sends the body to the API as JSON. Rejects with a sentence for the user when the API does not answer. */
  post(request: GraphQLRequest, headers: Readonly<Record<string, string>>): Promise<unknown>;
  /** Runs `work` while holding the lock of that name, which all tabs of the browser share. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
  now(): number;
  onChange(state: SessionState): void;
  /** The texts for a session that has ended. The API's own messages about that are for developers. */
  readonly sessionEnded: string;
  /**
   * True if the browser stores the cookie. It doesn't over plain HTTP from another machine; the refresh token then
   * stays in memory, and the session ends with the page.
   */
  readonly hasCookies: boolean;
  /** The tenant whose session an earlier page may have left in the cookie; null for managers. */
  readonly tenantKey: string | null;
}

/** The session of one page. Its tokens exist only in memory, and the refresh token also in the cookie. */
export interface PageSession {
  /** The tenant of the last sign-in; null for managers. */
  readonly tenantKey: string | null;
  /** Resumes the session that an earlier page has left, if there is one. */
  resume(): Promise<void>;
  signIn(credentials: Credentials): Promise<SignInOutcome>;
  signOut(): Promise<void>;
  /** Sends a request with the session's token unless it has its own, and resolves with the answer. */
  send(request: GraphQLRequest, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** A token is refreshed this long before it expires, because clocks differ and requests take time. */
const refreshAheadMilliseconds = 30_000;

/** Error codes of a refresh that mean that the session is gone. After any other failure, it may still be there. */
const finalCodes = ['UNAUTHENTICATED', 'FORBIDDEN', 'TENANT_NOT_FOUND', 'VALIDATION_FAILED'];

type Refreshed = 'refreshed' | 'ended' | 'failed';

interface Tokens {
  readonly accessToken: string;
  /** Null when the token is in the cookie. */
  readonly refreshToken: string | null;
  readonly refreshAt: number;
}

/** Creates the session of a newly loaded page. */
export function createPageSession(options: SessionOptions): PageSession {
  const { post, alone, now, hasCookies } = options;
  let { tenantKey } = options;
  let tokens: Tokens | null = null;
  let state: SessionState = { status: 'unknown', identity: null, problem: '' };
  let refreshing: Promise<Refreshed> | null = null;
  let resuming: Promise<void> = Promise.resolve();

  function change(next: Partial<SessionState>): void {
    state = { ...state, ...next };
    options.onChange(state);
  }

  function end(problem: string): void {
    tokens = null;
    change({ status: 'signedOut', identity: null, problem });
  }

  const bearer = (): Record<string, string> =>
    tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {};

  const ask = async (request: GraphQLRequest, headers = bearer()): Promise<Answer> =>
    readAnswer(await post(request, headers));

  function keep(payload: unknown): void {
    const { accessToken, expiresIn, refreshToken } = payloadSchema.parse(payload);
    // A short-lived token is refreshed before requests in the second half of its life.
    const ahead = Math.min(refreshAheadMilliseconds, expiresIn * 500);
    tokens = { accessToken, refreshToken, refreshAt: now() + expiresIn * 1_000 - ahead };
  }

  /** Tabs that share the cookie refresh one after another. Concurrent calls share one refresh. */
  function refresh(): Promise<Refreshed> {
    refreshing ??= alone(`cxg-refresh ${tenantKey ?? ''}`, refreshOnce)
      .catch((error: unknown) => {
        change({ problem: sentenceOf(error) });
        return 'failed' as const;
      })
      .finally(() => {
        refreshing = null;
      });
    return refreshing;
  }

  async function refreshOnce(): Promise<Refreshed> {
    const variables = { refreshToken: tokens?.refreshToken ?? null, tenantKey };
    const answer = await ask({ query: refreshDocument, variables });
    if (answer.data?.refreshToken) {
      keep(answer.data.refreshToken);
      if (!state.identity) await identify();
      else if (state.problem !== '') change({ problem: '' });
      return 'refreshed';
    }
    if (finalCodes.some((code) => hasCode(answer, code))) {
      const ended = hasCode(answer, 'UNAUTHENTICATED') ? options.sessionEnded : sentencesOf(answer);
      // If nobody was signed in, there is nothing to report.
      end(tokens ? ended : '');
      return 'ended';
    }
    change({ problem: sentencesOf(answer) });
    return 'failed';
  }

  async function identify(): Promise<void> {
    change({ status: 'signedIn', identity: null, problem: '' });
    try {
      const answer = await ask({ query: viewerDocument });
      if (answer.errors.length > 0) return change({ problem: sentencesOf(answer) });
      const { viewer } = viewerSchema.parse(answer.data);
      const person = viewer.user ?? viewer.manager;
      if (!person) return;
      if (viewer.tenant) tenantKey = viewer.tenant.key;
      change({ identity: { ...person, tenant: viewer.tenant } });
    } catch (error) {
      change({ problem: sentenceOf(error) });
    }
  }

  async function attemptSignIn(credentials: Credentials): Promise<SignInOutcome> {
    const input = { ...credentials, useCookie: hasCookies };
    const answer = await ask({ query: loginDocument, variables: { input } }, {});
    if (!answer.data?.login) {
      change({ status: 'signedOut', problem: sentencesOf(answer) });
      return hasCode(answer, 'PASSWORD_CHANGE_REQUIRED') ? 'mustChangePassword' : 'refused';
    }
    tenantKey = credentials.tenantKey;
    keep(answer.data.login);
    await identify();
    return 'signedIn';
  }

  /** An earlier lookup may have failed only because the server did not answer. */
  const needsRefresh = () => (tokens ? now() >= tokens.refreshAt : state.status === 'unknown');

  async function sendWithToken(
    request: GraphQLRequest,
    headers: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    if (needsRefresh()) await refresh();
    const body = await post(request, { ...headers, ...bearer() });
    if (!tokens) return body;
    const answer = readAnswer(body);
    if (hasOnlyExpired(answer) && (await refresh()) === 'refreshed') {
      return post(request, { ...headers, ...bearer() });
    }
    // A single field may be refused with this code. The session has ended only if it can't be refreshed.
    if (hasCode(answer, 'UNAUTHENTICATED')) await refresh();
    return body;
  }

  return {
    get tenantKey() {
      return tenantKey;
    },
    resume() {
      resuming = hasCookies ? refresh().then(() => {}) : Promise.resolve(end(''));
      return resuming;
    },
    async signIn(credentials) {
      await resuming;
      try {
        return await attemptSignIn(credentials);
      } catch (error) {
        change({ problem: sentenceOf(error) });
        return 'refused';
      }
    },
    async signOut() {
      try {
        const variables = { refreshToken: tokens?.refreshToken ?? null, tenantKey };
        const answer = await ask({ query: logoutDocument, variables });
        if (answer.errors.length === 0 || hasCode(answer, 'UNAUTHENTICATED')) end('');
        else change({ problem: sentencesOf(answer) });
      } catch (error) {
        change({ problem: sentenceOf(error) });
      }
    },
    async send(request, headers = {}) {
      await resuming;
      const bringsToken = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
      return bringsToken ? post(request, headers) : sendWithToken(request, headers);
    },
  };
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
