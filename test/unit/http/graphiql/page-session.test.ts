import { describe, expect, it } from 'vitest';
import { createPageSession, type SessionState } from '../../../../src/http/graphiql/browser/session.ts';
import type { GraphQLRequest } from '../../../../src/http/graphiql/browser/session-operations.ts';

type Headers = Readonly<Record<string, string>>;

const minutes = 60_000;
const credentials = { tenantKey: 'acme01', username: 'ada', password: 'secret', newPassword: null };
const ada = { username: 'ada', fullName: 'Ada' };
const acme = { key: 'acme01', companyName: 'ACME' };
const question = { query: '{ users }' };

const refusal = (code: string, message = `Sentence of ${code}.`) => ({
  errors: [{ message, extensions: { code } }],
});

/** An API that hands out token-1, token-2, … for 15 minutes each. */
function startSession(tenantKey: string | null = 'acme01', hasCookies = true) {
  let clock = 0;
  let issued = 0;
  let state: SessionState = { status: 'unknown', identity: null, problem: '' };
  const asked: { readonly what: string; readonly token: string | undefined; readonly variables: unknown }[] =
    [];
  /** The replacement answer to the first request of that kind. */
  const instead = new Map<string, () => unknown>();

  const payload = () => ({
    accessToken: `token-${++issued}`,
    expiresIn: 900,
    refreshToken: hasCookies ? null : `refresh-${issued}`,
  });
  const usual: Readonly<Record<string, () => unknown>> = {
    login: () => ({ data: { login: payload() } }),
    refreshToken: () => ({ data: { refreshToken: payload() } }),
    logout: () => ({ data: { logout: { success: true } } }),
    viewer: () => ({ data: { viewer: { user: ada, manager: null, tenant: acme } } }),
    users: () => ({ data: { users: [] } }),
  };
  const session = createPageSession({
    async post({ query, variables }: GraphQLRequest, headers: Headers) {
      const what =
        /(login|refreshToken|logout|viewer|users)\b(?=\(| )/.exec(query.replace(/\(\$.*?\)/, ''))?.[1] ?? '';
      asked.push({ what, token: headers.authorization?.replace('Bearer ', ''), variables });
      const answer = instead.get(what) ?? usual[what];
      instead.delete(what);
      return answer?.();
    },
    alone: (_name, work) => work(),
    now: () => clock,
    onChange: (next) => {
      state = next;
    },
    sessionEnded: 'The session has ended.',
    hasCookies,
    tenantKey,
  });
  return {
    session,
    asked,
    state: () => state,
    answerOnce: (what: string, answer: () => unknown) => void instead.set(what, answer),
    pass: (milliseconds: number) => {
      clock += milliseconds;
    },
    /** The requests since the last call. */
    take: () => asked.splice(0).map(({ what, token }) => (token === undefined ? what : `${what} ${token}`)),
  };
}

async function signedIn(hasCookies = true) {
  const started = startSession('acme01', hasCookies);
  await started.session.signIn(credentials);
  started.take();
  return started;
}

describe('the session of GraphiQL’s page', () => {
  it('is signed in to with the cookie, and says who and where', async () => {
    const { session, state, asked } = startSession();
    expect(await session.signIn(credentials)).toBe('signedIn');
    expect(asked[0]?.variables).toEqual({ input: { ...credentials, useCookie: true } });
    expect(state()).toEqual({ status: 'signedIn', identity: { ...ada, tenant: acme }, problem: '' });
  });

  it('puts its token on every request, but not on those that bring one', async () => {
    const { session, take } = await signedIn();
    await session.send(question);
    await session.send(question, { Authorization: 'Bearer own' });
    expect(take()).toEqual(['users token-1', 'users']);
  });

  it('goes on with an earlier page’s session before anything is asked', async () => {
    const { session, state, take } = startSession();
    void session.resume();
    await session.send(question);
    expect(take()).toEqual(['refreshToken', 'viewer token-1', 'users token-1']);
    expect(state().status).toBe('signedIn');
  });

  it('says nothing when there is no earlier session', async () => {
    const { session, state, answerOnce, take } = startSession();
    answerOnce('refreshToken', () => refusal('UNAUTHENTICATED'));
    await session.resume();
    expect(state()).toEqual({ status: 'signedOut', identity: null, problem: '' });
    await session.send(question);
    expect(take()).toEqual(['refreshToken', 'users']);
  });

  it('refreshes its token before it expires', async () => {
    const { session, take, pass } = await signedIn();
    pass(14 * minutes);
    await session.send(question);
    pass(minutes - 1);
    await session.send(question);
    expect(take()).toEqual(['users token-1', 'refreshToken token-1', 'users token-2']);
  });

  it('refreshes once for requests that meet', async () => {
    const { session, take, pass } = await signedIn();
    pass(20 * minutes);
    await Promise.all([session.send(question), session.send(question)]);
    expect(take()).toEqual(['refreshToken token-1', 'users token-2', 'users token-2']);
  });

  it('refreshes after TOKEN_EXPIRED, and repeats what was not done', async () => {
    const { session, take, answerOnce } = await signedIn();
    answerOnce('users', () => ({ ...refusal('TOKEN_EXPIRED'), data: { users: null } }));
    expect(await session.send(question)).toEqual({ data: { users: [] } });
    expect(take()).toEqual(['users token-1', 'refreshToken token-1', 'users token-2']);
  });

  it('repeats nothing of which a part was done', async () => {
    const { session, take, answerOnce } = await signedIn();
    const partly = { ...refusal('TOKEN_EXPIRED'), data: { users: [], other: null } };
    answerOnce('users', () => partly);
    expect(await session.send(question)).toEqual(partly);
    expect(take()).toEqual(['users token-1']);
  });

  it('outlives an outage, says so, and goes on afterwards', async () => {
    const { session, state, take, pass, answerOnce } = await signedIn();
    pass(20 * minutes);
    answerOnce('refreshToken', () => refusal('SERVICE_UNAVAILABLE'));
    answerOnce('users', () => refusal('SERVICE_UNAVAILABLE'));
    await session.send(question);
    expect(state()).toMatchObject({ status: 'signedIn', problem: 'Sentence of SERVICE_UNAVAILABLE.' });
    await session.send(question);
    expect(state()).toMatchObject({ status: 'signedIn', problem: '' });
    expect(take().slice(-2)).toEqual(['refreshToken token-1', 'users token-2']);
  });

  it('is found later when the server could not be reached as the page was loaded', async () => {
    const { session, state, answerOnce } = startSession();
    answerOnce('refreshToken', () => {
      throw new Error('Nobody answers.');
    });
    await session.resume();
    expect(state()).toEqual({ status: 'unknown', identity: null, problem: 'Nobody answers.' });
    await session.send(question);
    expect(state()).toMatchObject({ status: 'signedIn', problem: '' });
  });

  it('ends, and says why, when its refresh is refused', async () => {
    const { session, state, take, answerOnce } = await signedIn();
    answerOnce('users', () => refusal('UNAUTHENTICATED'));
    answerOnce('refreshToken', () => refusal('UNAUTHENTICATED'));
    await session.send(question);
    expect(state()).toEqual({ status: 'signedOut', identity: null, problem: 'The session has ended.' });
    await session.send(question);
    expect(take()).toEqual(['users token-1', 'refreshToken token-1', 'users']);
  });

  it('ends with a sign-out, also of a session that has ended already', async () => {
    for (const answer of [{ data: { logout: { success: true } } }, refusal('UNAUTHENTICATED')]) {
      const { session, state, take, answerOnce } = await signedIn();
      answerOnce('logout', () => answer);
      await session.signOut();
      await session.send(question);
      expect(take()).toEqual(['logout token-1', 'users']);
      expect(state()).toEqual({ status: 'signedOut', identity: null, problem: '' });
    }
  });

  it('is kept when the server does not hear of the sign-out', async () => {
    const { session, state, answerOnce } = await signedIn();
    answerOnce('logout', () => {
      throw new Error('Nobody answers.');
    });
    await session.signOut();
    expect(state()).toMatchObject({ status: 'signedIn', problem: 'Nobody answers.' });
  });

  it('is not begun with a refused password; sentences about fields are told instead of the general one', async () => {
    const { session, state, answerOnce } = startSession();
    answerOnce('login', () => refusal('PASSWORD_CHANGE_REQUIRED'));
    expect(await session.signIn(credentials)).toBe('mustChangePassword');
    const fields = [{ path: ['input', 'newPassword'], message: 'Too short.', reason: 'TOO_SHORT' }];
    answerOnce('login', () => ({
      errors: [{ message: 'Wrong input.', extensions: { code: 'VALIDATION_FAILED', fields } }],
    }));
    expect(await session.signIn({ ...credentials, newPassword: 'x' })).toBe('refused');
    expect(state()).toEqual({ status: 'signedOut', identity: null, problem: 'Too short.' });
  });

  it('keeps the refresh token in memory where the browser keeps no cookie', async () => {
    const { session, asked, pass } = await signedIn(false);
    pass(20 * minutes);
    await session.send(question);
    expect(asked[0]).toMatchObject({ what: 'refreshToken', variables: { refreshToken: 'refresh-1' } });
  });
});
