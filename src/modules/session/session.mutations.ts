import { failUniformly } from '../../auth/fail-uniformly.ts';
import { message, TenantNotFoundError } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { parseId } from '../../graphql/global-id.ts';
import { deleted, SuccessResponse, succeeded } from '../../graphql/success-response.ts';
import {
  forgetCookie,
  namedRealm,
  otherSession,
  type PresentedToken,
  presentToken,
  type TokenArguments,
  trimCookies,
} from '../../sign-in/presented-token.ts';
import { managerRealm, type Realm, tenantRealm } from '../../sign-in/realm.ts';
import {
  changeOwnPassword,
  endAllSessions,
  endOwnSession,
  endSession,
  endSessionOfToken,
  refreshSession,
} from '../../sign-in/session-changes.ts';
import { type SignedIn, startSession } from '../../sign-in/sign-in.ts';
import { attemptSignIn, deviceOfSignedIn, signInTools } from '../../sign-in/sign-in-attempt.ts';
import { assertServed } from '../../tenancy/tenant-access.ts';
import { typedTenantKeySchema } from '../../tenancy/tenant-key.ts';
import { ownRealm, realmOfSession, sessionOwner } from './session.owner.ts';
import { AuthPayload } from './session.type.ts';

const LoginInput = builder.inputType('LoginInput', {
  description: 'Who wants to sign in.',
  fields: (t) => ({
    tenantKey: t.string({
      description:
        'The tenant’s key, e.g. `acme01`; case and width do not matter. Managers of the platform leave it out.',
    }),
    username: t.string({ required: true, description: 'The username; case and width do not matter.' }),
    password: t.string({ required: true, description: 'The password.' }),
    newPassword: t.string({
      description:
        'Replaces the password on the way. Needed after `PASSWORD_CHANGE_REQUIRED`: the password was for one sign-in.',
    }),
    useCookie: t.boolean({
      description:
        'For browsers: keeps the refresh token in a cookie that scripts can’t read, and out of the answer. Only for pages of the allowed origins.',
    }),
    deviceToken: t.string({
      description:
        'For clients without cookies: the `deviceToken` of this user’s last sign-in on this device, so that strangers’ guesses don’t lock it out.',
    }),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The old password and the new one.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The current password.' }),
    newPassword: t.string({
      required: true,
      description:
        '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol; no common one, and none of your last 5.',
    }),
  }),
});

const tokenArguments = {
  refreshToken: 'The refresh token; leave it out when it is in the cookie.',
  tenantKey: 'The key of the session’s tenant: it says which cookie is meant. Managers leave it out.',
};

builder.mutationField('login', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Signs a user in, or a manager when no tenant is named. `INVALID_CREDENTIALS` does not tell whether the tenant, the username or the password was wrong, or the account locked. `RATE_LIMITED` says how many seconds to wait. An access token that is sent along is ignored, whatever it is good for, as long as the request asks for nothing else. Once in a request.',
    args: { input: t.arg({ type: LoginInput, required: true, description: 'Who wants to sign in.' }) },
    resolve: (_root, { input }, context) =>
      failUniformly(async () => {
        // First: nobody is signed in whose tokens can't be handed over.
        if (input.useCookie) context.refreshCookies.assertAllowedPage();
        let assertOpen = () => {};
        const tenantKey = canonicalTenantKey(input.tenantKey);
        const { realm, account, deviceId } = await attemptSignIn(
          context,
          { ...input, tenantKey },
          async () => {
            const entered = await enterRealm(context, tenantKey);
            assertOpen = entered.assertOpen;
            return entered.realm;
          },
        );
        // Only who knows a password learns that the tenant is suspended.
        assertOpen();
        const tools = signInTools(context, realm);
        const signedIn = await startSession(realm, account, input.newPassword ?? null, tools, deviceId);
        return welcome(context, realm, signedIn, input.useCookie === true);
      }),
  }),
);

builder.mutationField('refreshToken', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Exchanges a refresh token for new tokens with the rights that the user has now. The token given is used up; given again later it ends the session, because two hold it. With the cookie, send the access token along, also one that has expired: when the cookie holds another session by now, the answer is `UNAUTHENTICATED`, and the cookie stays as it is. Otherwise the access token is ignored, as at `login`. Once in a request.',
    args: {
      refreshToken: t.arg.string({ description: tokenArguments.refreshToken }),
      tenantKey: t.arg.string({ description: tokenArguments.tenantKey }),
    },
    resolve: async (_root, args, context) => {
      const presented = await presentToken(context, tokenArgumentsOf(args));
      const { claims, token, fromCookie } = presented;
      return presented.use(async () => {
        const { realm, assertOpen } = await enterRealmOf(context, presented);
        if (realm === null) throw new TenantNotFoundError();
        assertOpen();
        const signedIn = await refreshSession(realm, claims, token, signInTools(context, realm));
        return welcome(context, realm, signedIn, fromCookie);
      });
    },
  }),
);

builder.mutationField('logout', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Ends the session: the one of the access token or, without a good one, that of the refresh token. Clears the cookie that holds it, and no other. Access tokens of the session are refused from then on.',
    args: {
      refreshToken: t.arg.string({ description: tokenArguments.refreshToken }),
      tenantKey: t.arg.string({ description: tokenArguments.tenantKey }),
    },
    resolve: async (_root, args, context) => {
      if (context.isSignedIn) await leave(context, canonicalTenantKey(args.tenantKey));
      else await leaveWith(context, await presentToken(context, tokenArgumentsOf(args)));
      return succeeded(context.say(message('done.signedOut')));
    },
  }),
);

builder.mutationField('logoutEverywhere', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Ends all of your sessions, this one included. With `userId`, all sessions of that user; needs `users:write`.',
    args: { userId: t.arg.id({ description: 'Another user’s global id or UUID.' }) },
    authScopes: { signedIn: true },
    resolve: async (_root, { userId }, context) => {
      const { realm, accountId } = await sessionOwner(context, userId, 'users:write');
      const count = await endAllSessions(realm, context.actor, accountId);
      forgetCookie(context, realm.name, (session) => session.userId === accountId);
      return succeeded(context.say(message('done.signedOutEverywhere', { count })));
    },
  }),
);

builder.mutationField('revokeSession', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Ends one of your sessions. With `userId`, one of that user; needs `users:write`. `NOT_FOUND` when it has ended already.',
    args: {
      sessionId: t.arg.id({ required: true, description: 'The session’s global id or UUID.' }),
      userId: t.arg.id({ description: 'Another user’s global id or UUID.' }),
    },
    authScopes: { signedIn: true },
    resolve: async (_root, { sessionId, userId }, context) => {
      const { realm, accountId } = await sessionOwner(context, userId, 'users:write');
      const id = parseId('Session', sessionId, ['sessionId']);
      await endSession(realm, context.actor, accountId, id);
      forgetCookie(context, realm.name, (session) => session.sessionId === id);
      return deleted('Session', id, context.say(message('done.sessionRevoked')));
    },
  }),
);

builder.mutationField('changePassword', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Changes your own password. Every session of yours ends, on all devices; the answer holds the tokens of a new one.',
    args: {
      input: t.arg({ type: ChangePasswordInput, required: true, description: 'Both passwords.' }),
    },
    authScopes: { signedIn: true },
    resolve: async (_root, { input }, context) => {
      const realm = ownRealm(context);
      const inCookie = isInCookie(context, realm.name);
      // First: no password is changed whose owner can't be given the new session.
      if (inCookie) context.refreshCookies.assertAllowedPage();
      const deviceOf = await deviceOfSignedIn(context, realm);
      const tools = signInTools(context, realm);
      const leaveGate = await context.sessions.gate.enter(realm.name, `user ${context.viewer.userId}`);
      const signedIn = await changeOwnPassword(realm, context.actor, input, deviceOf, tools).finally(
        leaveGate,
      );
      return welcome(context, realm, signedIn, inCookie);
    },
  }),
);

/** The arguments with which a request names its refresh token. */
function tokenArgumentsOf({
  refreshToken,
  tenantKey,
}: {
  readonly refreshToken?: string | null | undefined;
  readonly tenantKey?: string | null | undefined;
}): TokenArguments {
  return { refreshToken: refreshToken ?? null, tenantKey: canonicalTenantKey(tenantKey) };
}

/** The canonical form of a typed tenant key; null when no tenant is named. */
function canonicalTenantKey(typed: string | null | undefined): string | null {
  return typed == null ? null : typedTenantKeySchema.parse(typed);
}

/** Brings the request to where accounts of that tenant, or managers, are kept; null when there is no such tenant. */
async function enterRealm(
  context: Context,
  tenantKey: string | null,
): Promise<{ realm: Realm | null; assertOpen(): void }> {
  if (tenantKey === null) {
    context.enterAsManager();
    return {
      realm: managerRealm(context.sessions.central, context.sessions.live, null),
      assertOpen: () => {},
    };
  }
  const entered = await context.enterTenant(tenantKey);
  return {
    realm: entered && tenantRealm(entered.db, entered.tenant.tenantKey, context.sessions.live),
    assertOpen: () => assertServed(entered?.tenant ?? null),
  };
}

/** Runs {@link enterRealm} for a token's session, unless the request's access token is of that same session. */
async function enterRealmOf(context: Context, { claims }: PresentedToken): ReturnType<typeof enterRealm> {
  const isThere =
    context.isSignedIn &&
    context.viewer.sessionId === claims.sid &&
    context.viewer.tenantKey === claims.tenant_key;
  return isThere
    ? { realm: realmOfSession(context), assertOpen: () => {} }
    : enterRealm(context, claims.tenant_key);
}

/** Ends the session of a valid access token. @throws {UnauthenticatedError} when the request names another realm. */
async function leave(context: Context, tenantKey: string | null): Promise<void> {
  const realm = realmOfSession(context);
  if (tenantKey !== null && namedRealm(tenantKey) !== realm.name) throw otherSession();
  const { sessionId } = context.viewer;
  await endOwnSession(realm, context.actor);
  forgetCookie(context, realm.name, (session) => session.sessionId === sessionId);
}

/** Ends the session of a refresh token. */
async function leaveWith(context: Context, { claims, use }: PresentedToken): Promise<void> {
  const { realm } = await use(() => enterRealm(context, claims.tenant_key));
  if (realm !== null) await endSessionOfToken(realm, claims, signInTools(context, realm));
  forgetCookie(context, namedRealm(claims.tenant_key), (session) => session.sessionId === claims.sid);
}

/**
 * Returns whether the page's refresh token belongs in the realm's cookie: the cookie holds the page's session, or nothing
 * readable, rather than the session of somebody who has signed in meanwhile.
 */
function isInCookie({ refreshCookies, viewer }: Context, realm: string): boolean {
  const claimed = refreshCookies.claimed(realm);
  return claimed === null ? refreshCookies.isPresent(realm) : claimed.sessionId === viewer.sessionId;
}

/** Turns the one who has signed in into the viewer of the request, and puts the refresh token where it belongs. */
function welcome(
  context: Context,
  realm: Realm,
  { viewer, accessToken, expiresIn, refreshToken, refreshTokenExpiresAt, device }: SignedIn,
  inCookie: boolean,
) {
  context.signedIn(viewer);
  if (inCookie) context.refreshCookies.keep(realm.name, refreshToken, refreshTokenExpiresAt);
  if (device) {
    context.deviceCookies.keep({ tenantKey: viewer.tenantKey, accountId: viewer.userId }, device);
  }
  trimCookies(context);
  return {
    accessToken,
    expiresIn,
    refreshToken: inCookie ? null : refreshToken,
    deviceToken: inCookie ? null : (device?.token ?? null),
  };
}
