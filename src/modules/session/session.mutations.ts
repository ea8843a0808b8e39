import { failUniformly } from '../../auth/fail-uniformly.ts';
import { TenantNotFoundError, UnauthenticatedError } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { assertServed } from '../../tenancy/tenant-access.ts';
import { findUser } from '../users/user.service.ts';
import { UserType } from '../users/user.type.ts';
import { loadViewer, signIn, type TenantViewer } from './session.service.ts';

/** The tokens of a fresh sign-in or refresh. */
interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

const AuthPayload = builder.objectRef<TokenPair>('AuthPayload').implement({
  description: 'The tokens of a session, and who it belongs to.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer …` with each request.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'Exchange it with `refreshToken` for new tokens. Keep it safe.',
    }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the access token expires.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user who has signed in.',
      resolve: (_tokens, _args, context, info) =>
        findUser(context.db, context.viewer.userId, selectionFor(context, info)),
    }),
  }),
});

const LoginInput = builder.inputType('LoginInput', {
  description: 'Who wants to sign in.',
  fields: (t) => ({
    tenantKey: t.string({ required: true, description: 'The tenant’s key, e.g. `acme01`.' }),
    username: t.string({ required: true, description: 'The username; case does not matter.' }),
    password: t.string({ required: true, description: 'The password.' }),
  }),
});

builder.mutationField('login', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Signs a user in. `INVALID_CREDENTIALS` does not tell whether the tenant, the username or the password was wrong, or the account locked. Send it without an access token, once in a request.',
    args: { input: t.arg({ type: LoginInput, required: true, description: 'Who wants to sign in.' }) },
    resolve: (_root, { input }, context) =>
      failUniformly(async () => {
        const entered = await context.enterTenant(input.tenantKey);
        const viewer = await signIn(entered?.db ?? null, input.tenantKey, input, context.sessions.lockout);
        // Only who knows a password learns that the tenant is suspended.
        assertServed(entered?.tenant ?? null);
        return startSession(context, viewer);
      }),
  }),
);

builder.mutationField('refreshToken', (t) =>
  t.field({
    type: AuthPayload,
    description:
      'Exchanges a refresh token for new tokens with the rights that the user has now. Send it without an access token, once in a request.',
    args: {
      refreshToken: t.arg.string({ required: true, description: 'The refresh token of the session.' }),
    },
    resolve: async (_root, { refreshToken }, context) => {
      const claims = await context.sessions.verifier.verifyRefreshToken(refreshToken);
      // A manager's session; none of them is in a tenant.
      if (claims.tenant_key === null)
        throw new UnauthenticatedError('The token is not valid. Sign in again.');
      const entered = await context.enterTenant(claims.tenant_key);
      if (!entered) throw new TenantNotFoundError();
      assertServed(entered.tenant);
      return startSession(context, await loadViewer(entered.db, claims.tenant_key, claims.sub, claims.sid));
    },
  }),
);

async function startSession(context: Context, viewer: TenantViewer): Promise<TokenPair> {
  context.signedIn(viewer);
  const { issuer } = context.sessions;
  const [access, { refreshToken }] = await Promise.all([
    issuer.issueAccessToken(viewer),
    issuer.issueRefreshToken(viewer),
  ]);
  return { ...access, refreshToken };
}
