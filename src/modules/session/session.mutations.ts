import { failUniformly } from '../../auth/fail-uniformly.ts';
import { message, TenantNotFoundError, TokenExpiredError, UnauthenticatedError } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { parseId } from '../../graphql/global-id.ts';
import { SuccessResponse } from '../../graphql/success-response.ts';
import { assertServed } from '../../tenancy/tenant-access.ts';
import { managerRealm, type Realm, tenantRealm } from './realm.service.ts';
import { ownRealm, sessionOwner } from './session.owner.ts';
import {
  changeOwnPassword,
  endAllSessions,
  endOwnSession,
  endSession,
  endSessionOfToken,
  refreshSession,
} from './session.service.ts';
import { AuthPayload } from './session.type.ts';
import { type SignedIn, startSession } from './sign-in.service.ts';
import { attemptSignIn, signInTools, sourceOfSignedIn } from './sign-in-attempt.ts';

const LoginInput = builder.inputType('LoginInput', {
  description: 'Who wants to sign in.',
  fields: (t) => ({
    tenantKey: t.string({
      description: 'The tenant’s key, e.g. `acme01`. Managers of the platform leave it out.',
    }),
    username: t.string({ required: true, description: 'The username; case does not matter.' }),
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
    currentPassword: t.string({ required: true, description: 'The password until now.' }),
    newPassword: t.string({
      required: true,
      description:
        '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol; no common one, and none of your last 5.',
    }),
  }),
});

const refreshTokenArgument = 'The refresh token; leave it out when it is in the cookie.';

builder.mutationField('login', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Signs a user in, or a manager when no tenant is named. `INVALID_CREDENTIALS` does not tell whether the tenant, the username or the password was wrong, or the account locked. `RATE_LIMITED` says how many seconds to wait. Send it without an access token, once in a request.',
    args: { input: t.arg({ type: LoginInput, required: true, description: 'Who wants to sign in.' }) },
    resolve: (_root, { input }, context) =>
      failUniformly(async () => {
        // First: nobody is signed in whose tokens can't be handed over.
        if (input.useCookie) context.refreshCookie.assertAllowedPage();
        let assertOpen = () => {};
        const { realm, account, deviceId } = await attemptSignIn(context, input, async () => {
          const entered = await enterRealm(context, input.tenantKey ?? null);
          assertOpen = entered.assertOpen;
          return entered.realm;
        });
        // Only who knows a password learns that the tenant is suspended.
        assertOpen();
        const tools = signInTools(context, realm);
        const signedIn = await startSession(realm, account, input.newPassword ?? null, tools, deviceId);
        // Every older session of the account has ended if this has changed its password.
        if (input.newPassword != null) await context.sessions.live.invalidate(realm.name);
        return welcome(context, signedIn, input.useCookie === true);
      }),
  }),
);

builder.mutationField('refreshToken', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Exchanges a refresh token for new tokens with the rights that the user has now. The token given is used up; given again later it ends the session, because two hold it. Send it without an access token, once in a request.',
    args: { refreshToken: t.arg.string({ description: refreshTokenArgument }) },
    resolve: async (_root, { refreshToken }, context) => {
      const presented = presentedToken(context, refreshToken);
      const signedIn = await forgetWhenRefused(context, presented, async () => {
        const claims = await context.sessions.verifier.verifyRefreshToken(presented.token);
        const { realm, assertOpen } = await enterRealm(context, claims.tenant_key);
        if (realm === null) throw new TenantNotFoundError();
        assertOpen();
        const outcome = await refreshSession(realm, claims, presented.token, signInTools(context, realm));
        if (outcome !== 'session-ended') return outcome;
        await context.sessions.live.invalidate(realm.name);
        throw new UnauthenticatedError(message('auth.sessionEnded'));
      });
      return welcome(context, signedIn, presented.fromCookie);
    },
  }),
);

builder.mutationField('logout', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Ends the session: the one of the access token or, without one, that of the refresh token. Clears the cookie. Access tokens of the session are refused from then on.',
    args: { refreshToken: t.arg.string({ description: refreshTokenArgument }) },
    resolve: async (_root, { refreshToken }, context) => {
      if (context.isSignedIn) {
        const realm = ownRealm(context);
        await endOwnSession(realm, context.actor);
        await context.sessions.live.invalidate(realm.name);
      } else {
        const presented = presentedToken(context, refreshToken);
        await forgetWhenRefused(context, presented, async () => {
          const claims = await context.sessions.verifier.verifyRefreshToken(presented.token);
          const { realm } = await enterRealm(context, claims.tenant_key);
          if (realm === null) return;
          await endSessionOfToken(realm, claims, signInTools(context, realm));
          await context.sessions.live.invalidate(realm.name);
        });
      }
      context.refreshCookie.clear();
      return { success: true, message: context.say(message('done.signedOut')) };
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
      const owner = await sessionOwner(context, userId, 'users:write');
      const count = await endAllSessions(owner.realm, context.actor, owner.accountId);
      await context.sessions.live.invalidate(owner.realm.name);
      if (owner.accountId === context.viewer.userId) context.refreshCookie.clear();
      return { success: true, message: context.say(message('done.signedOutEverywhere', { count })) };
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
      const owner = await sessionOwner(context, userId, 'users:write');
      const id = parseId('Session', sessionId, ['sessionId']);
      await endSession(owner.realm, context.actor, owner.accountId, id);
      await context.sessions.live.invalidate(owner.realm.name);
      if (id === context.viewer.sessionId) context.refreshCookie.clear();
      return { success: true, message: context.say(message('done.sessionRevoked')) };
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
      const inCookie = context.refreshCookie.isPresent();
      // First: no password is changed whose owner can't be given the new session.
      if (inCookie) context.refreshCookie.assertAllowedPage();
      const from = await sourceOfSignedIn(context, realm);
      const tools = signInTools(context, realm);
      const leave = await context.sessions.gate.enter(realm.name, `user ${context.viewer.userId}`);
      const signedIn = await changeOwnPassword(realm, context.actor, input, from, tools).finally(leave);
      await context.sessions.live.invalidate(realm.name);
      return welcome(context, signedIn, inCookie);
    },
  }),
);

/** Brings the request to where accounts of that tenant, or managers, are kept; null when there is no such tenant. */
async function enterRealm(
  context: Context,
  tenantKey: string | null,
): Promise<{ realm: Realm | null; assertOpen(): void }> {
  if (tenantKey === null) {
    context.enterAsManager();
    return { realm: managerRealm(context.sessions.central), assertOpen: () => {} };
  }
  const entered = await context.enterTenant(tenantKey);
  return {
    realm: entered && tenantRealm(entered.db, entered.tenant.tenantKey),
    assertOpen: () => assertServed(entered?.tenant ?? null),
  };
}

interface PresentedToken {
  readonly token: string;
  readonly fromCookie: boolean;
}

/** The refresh token that the request brings, as an argument or in the cookie. @throws {UnauthenticatedError} when it brings none. */
function presentedToken(context: Context, argument: string | null | undefined): PresentedToken {
  const token = argument ?? context.refreshCookie.read();
  if (token === null) throw new UnauthenticatedError(message('auth.refreshTokenMissing'));
  return { token, fromCookie: argument == null };
}

/** Uses a refresh token; has the browser forget one that is refused for good, rather than send it again and again. */
async function forgetWhenRefused<T>(
  { refreshCookie }: Context,
  { fromCookie }: PresentedToken,
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const forGood = error instanceof UnauthenticatedError || error instanceof TokenExpiredError;
    if (fromCookie && forGood) refreshCookie.clear();
    throw error;
  }
}

/** Makes the one who has signed in the viewer of the rest of the request, and puts the refresh token where it belongs. */
function welcome(
  context: Context,
  { viewer, accessToken, expiresIn, refreshToken, refreshTokenExpiresAt, device }: SignedIn,
  inCookie: boolean,
) {
  context.signedIn(viewer);
  if (inCookie) context.refreshCookie.keep(refreshToken, refreshTokenExpiresAt);
  if (device) {
    context.deviceCookies.keep({ tenantKey: viewer.tenantKey, accountId: viewer.userId }, device);
  }
  return {
    accessToken,
    expiresIn,
    refreshToken: inCookie ? null : refreshToken,
    deviceToken: inCookie ? null : (device?.token ?? null),
  };
}
