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

/** The state of the page's session. `problem` is a sentence for whoever looks at it, or empty. */
export interface SessionState {
  readonly status: 'unknown' | 'signedOut' | 'signedIn';
  /** Null when nobody is signed in, or while it is not known who. */
  readonly identity: Identity | null;
  readonly problem: string;
}

/** The result of an attempt to sign in. */
export type SignInOutcome = 'signedIn' | 'mustChangePassword' | 'refused';

/** A session's interface to its browser. */
export interface SessionOptions {
  /** Sends the body as JSON to the API. Rejects with a sentence when there is no answer of the API's. */
  post(request: GraphQLRequest, headers: Readonly<Record<string, string>>): Promise<unknown>;
  /** Runs `work` while no other tab of the browser runs its own under that name. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
  now(): number;
  onChange(state: SessionState): void;
  /** What to say when a session has ended. The API's sentences about it are for developers. */
  readonly sessionEnded: string;
  /**
   * Whether the browser keeps the cookie. Where it doesn't, over plain HTTP from another machine, the refresh token
   * stays in memory, and the session ends with the page.
   */
  readonly hasCookies: boolean;
  /** The tenant whose session an earlier page may have left in the cookie; null for the managers. */
  readonly tenantKey: string | null;
}

/** The session of one page. Its tokens are nowhere but in memory and, to go on with, in the cookie. */
export interface PageSession {
  /** The tenant that was signed in to last; null for the managers. */
  readonly tenantKey: string | null;
  /** Goes on with the session that an earlier page has left, if there is one. */
  resume(): Promise<void>;
  signIn(credentials: Credentials): Promise<SignInOutcome>;
  signOut(): Promise<void>;
  /** Sends a request with the session's token, unless it brings a token of its own, and resolves with the answer. */
  send(request: GraphQLRequest, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** A token is refreshed so long before it expires: clocks differ, and requests take their time. */
const refreshAheadMilliseconds = 30_000;

/** Answers to a refresh after which there is nothing to go on with; after others, the session may be there later. */
const finalCodes = ['UNAUTHENTICATED', 'FORBIDDEN', 'TENANT_NOT_FOUND', 'VALIDATION_FAILED'];

type Refreshed = 'refreshed' | 'ended' | 'failed';

interface Tokens {
  readonly accessToken: string;
  /** Null when it is in the cookie. */
  readonly refreshToken: string | null;
  readonly refreshAt: number;
}

/** Creates the session of a page that has just been loaded. */
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
    // A short-lived token is refreshed before each request of its second half.
    const ahead = Math.min(refreshAheadMilliseconds, expiresIn * 500);
    tokens = { accessToken, refreshToken, refreshAt: now() + expiresIn * 1_000 - ahead };
  }

  /** Tabs that share the cookie refresh one after the other. Calls that meet share one refresh. */
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
      // Where nobody was signed in, there is nothing to tell.
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

  /** A session that was not found because the server did not answer may be found by now. */
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
    // A field's own refusal may have this code. The session has ended only if it can't be refreshed.
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
