import { type TestTenant, testPassword } from './fleet.ts';
import type { ClientAnswer, ClientRequest, GraphQLClient } from './graphql-client.ts';
import { quickHash } from './quick-hash.ts';

/** The input of `login`; by default, the tenant is `acme01` and the password the tests' own. */
export interface LoginInput {
  readonly tenantKey?: string;
  readonly username?: string;
  readonly password?: string;
  readonly newPassword?: string;
  readonly useCookie?: boolean;
}

/** The tokens of a session. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The operations on sessions, as a client sends them. */
export interface SessionClient {
  login(input?: LoginInput, request?: ClientRequest): Promise<ClientAnswer>;
  /** Signs in. @throws when it is refused. */
  signIn(username: string, input?: LoginInput): Promise<SessionTokens>;
  refresh(refreshToken: string | null, request?: ClientRequest): Promise<ClientAnswer>;
  /** Refreshes. @throws when it is refused. */
  renew(refreshToken: string): Promise<SessionTokens>;
  logout(request?: ClientRequest): Promise<ClientAnswer>;
  changePassword(currentPassword: string, newPassword: string, request: ClientRequest): Promise<ClientAnswer>;
  /** The codes of the errors when the access token is used: none while its session goes on. */
  use(accessToken: string): Promise<readonly string[]>;
}

/** The tenant that a page names for its cookie, unless told otherwise. */
const namedTenant = ({ headers }: ClientRequest) =>
  headers?.cookie === undefined ? {} : { tenantKey: 'acme01' };

const tokens = 'accessToken refreshToken expiresIn user { username }';

/** Creates a client for sessions. */
export function createSessionClient(graphql: GraphQLClient): SessionClient {
  const login: SessionClient['login'] = (input = {}, request = {}) =>
    graphql(`mutation ($input: LoginInput!) { login(input: $input) { ${tokens} } }`, {
      ...request,
      variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword, ...input } },
    });
  const refresh: SessionClient['refresh'] = (refreshToken, request = {}) =>
    graphql(
      `mutation ($token: String, $tenantKey: String) {
        refreshToken(refreshToken: $token, tenantKey: $tenantKey) { ${tokens} }
      }`,
      { ...request, variables: { token: refreshToken, ...namedTenant(request), ...request.variables } },
    );
  return {
    login,
    refresh,
    async signIn(username, input = {}) {
      const { data, errors } = await login({ username, ...input });
      if (!data?.login) throw new Error(`Sign-in failed: ${errors[0]?.message}`);
      return data.login;
    },
    async renew(refreshToken) {
      const { data, errors } = await refresh(refreshToken);
      if (!data?.refreshToken) throw new Error(`Refresh failed: ${errors[0]?.message}`);
      return data.refreshToken;
    },
    logout: (request = {}) =>
      graphql(
        `mutation ($token: String, $tenantKey: String) {
          logout(refreshToken: $token, tenantKey: $tenantKey) { success message }
        }`,
        { ...request, variables: { ...namedTenant(request), ...request.variables } },
      ),
    changePassword: (currentPassword, newPassword, request) =>
      graphql(`mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { ${tokens} } }`, {
        ...request,
        variables: { input: { currentPassword, newPassword } },
      }),
    use: async (accessToken) => (await graphql('{ me { username } }', { token: accessToken })).codes,
  };
}

/** Adds an active user with everybody's password, past the application. */
export async function addUser({ db }: TestTenant, username: string, more: object = {}): Promise<string> {
  const { id } = await db.user.create({
    data: {
      username,
      email: `${username}@example.com`,
      fullName: username,
      passwordHash: await quickHash(testPassword),
      ...more,
    },
    select: { id: true },
  });
  return id;
}
