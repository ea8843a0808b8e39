import { accessClaims, refreshClaims } from '../../support/tokens.ts';
import {
  byId,
  bySubject,
  type Replay,
  type Replays,
  type ReplayTenant,
  refused,
  type Target,
} from './replay.ts';

/** A refresh token of the caller's tenant for a session of the target's, which the target's database knows. */
async function refreshTokenFor(target: Target, { tenantKey, sign }: ReplayTenant): Promise<string> {
  const sid = await target.session('the user');
  const refreshToken = await sign({ ...refreshClaims(tenantKey, target.ids.User), sid });
  await target.storeRefreshToken(refreshToken);
  return refreshToken;
}

function byRefreshToken(refusal: Replay['refusal'], proof: Replay['proof']): Replay {
  return {
    aim: 'refreshToken',
    with: 'a session’s id',
    refusal,
    proof,
    request: async (target, caller) => ({
      variables: { refreshToken: await refreshTokenFor(target, caller) },
    }),
  };
}

/** A token of the caller's tenant for a session of the target's. */
const bySession = (refusal: Replay['refusal']): Replay => ({
  aim: 'the token’s session',
  with: 'a session’s id',
  refusal,
  proof: 'a change',
  request: async (target, { tenantKey, sign }) => ({
    token: await sign({
      ...accessClaims(tenantKey, target.ids.User),
      sid: await target.session('the user'),
    }),
  }),
});

/** The replays of accounts, their sessions and their passwords. */
export const sessionReplays: Replays = {
  'Mutation.login': [
    {
      aim: 'input.password',
      with: 'an account',
      refusal: refused('INVALID_CREDENTIALS'),
      proof: 'a name',
      request: ({ username, password }, { tenantKey }) => ({
        variables: { input: { tenantKey, username, password } },
      }),
    },
  ],
  'Mutation.refreshToken': [byRefreshToken(refused('UNAUTHENTICATED'), 'a name')],
  'Mutation.logout': [
    // A session that is not there has ended, which is what was asked for.
    byRefreshToken({ data: { logout: { success: true } }, codes: [] }, 'a change'),
    bySession(refused('UNAUTHENTICATED')),
  ],
  'Mutation.logoutEverywhere': [
    ...byId('userId', 'User', refused('NOT_FOUND'), (userId) => ({ userId }), {
      idOf: (target) => target.spare('User'),
      proof: 'a change',
    }),
    bySubject(refused('UNAUTHENTICATED'), () => ({}), {
      idOf: (target) => target.spare('User'),
      proof: 'a change',
    }),
  ],
  'Mutation.revokeSession': [
    ...byId('sessionId', 'Session', refused('NOT_FOUND'), (sessionId) => ({ sessionId }), {
      idOf: (target) => target.session('the administrator'),
      proof: 'a change',
    }),
    ...byId(
      'userId',
      'User',
      refused('NOT_FOUND'),
      async (userId, _caller, target) => ({ userId, sessionId: await target.session('the user') }),
      { proof: 'a change' },
    ),
  ],
  'Mutation.changePassword': [
    bySubject(
      refused('UNAUTHENTICATED'),
      (_caller, { password }) => ({
        input: { currentPassword: password, newPassword: 'Another-Password123!' },
      }),
      { idOf: (target) => target.spare('User') },
    ),
  ],
  'Query.sessions': [
    ...byId('userId', 'User', refused('NOT_FOUND'), (userId) => ({ userId })),
    bySubject(refused('UNAUTHENTICATED'), () => ({})),
  ],
};
