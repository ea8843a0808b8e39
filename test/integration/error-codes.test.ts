import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/errors/index.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { type ClientAnswer, type ClientRequest, createGraphQLClient } from '../support/graphql-client.ts';
import { createManager, managerClaims } from '../support/managers.ts';
import { lockUser } from '../support/row-locks.ts';
import { openSession } from '../support/sessions.ts';
import { accessClaims, type Claims, secondsFromNow, signToken } from '../support/tokens.ts';

let fleet: TestFleet;
let tenants: Readonly<Record<TenantKey, { readonly tenant: TestTenant; readonly adminId: string }>>;

type TenantKey = 'acme01' | 'full01' | 'gone01' | 'still01' | 'stray01' | 'older01' | 'broken1';

/** The recorded address of the database of `gone01`. */
const nowhere = 'database.internal.example';

beforeAll(async () => {
  fleet = await createTestFleet(
    { REQUEST_BODY_LIMIT_BYTES: '100000', LOGIN_ADDRESS_FAILURE_LIMIT: '1' },
    undefined,
    { comparesExecutions: true },
  );
  const { central } = fleet.tools;
  const provision = async (tenantKey: TenantKey) => {
    const tenant = await fleet.provision(tenantKey, tenantKey === 'full01' ? { maxUsers: 1 } : {});
    const { id } = await tenant.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    return { tenant, adminId: id };
  };
  const [acme01, full01, gone01, still01, stray01, older01, broken1] = await Promise.all([
    provision('acme01'),
    provision('full01'),
    provision('gone01'),
    provision('still01'),
    provision('stray01'),
    provision('older01'),
    provision('broken1'),
  ]);
  tenants = { acme01, full01, gone01, still01, stray01, older01, broken1 };
  await stray01.tenant.runAsOwner("UPDATE sys.tenant_marker SET tenant_key = 'somebody'");
  await older01.tenant.runAsOwner('ALTER TABLE sys.branches RENAME COLUMN code TO not_code');
  await broken1.tenant.runAsOwner("ALTER TABLE sys.branches ADD CHECK (code = 'none of ours')");
  await central.tenant.update({ where: { tenantKey: 'gone01' }, data: { dbHost: nowhere } });
  await central.tenant.update({
    where: { tenantKey: 'still01' },
    data: { status: 'suspended', isActive: false },
  });
  for (const tenantKey of ['gone01', 'still01']) await fleet.tools.invalidate(tenantKey);
});
afterAll(async () => {
  await fleet.tools.central.tenant.update({
    where: { tenantKey: 'gone01' },
    data: { dbHost: fleet.tools.tenantAdminDatasource.host },
  });
  await fleet.close();
});

const adminClaims = (tenantKey: TenantKey): Claims => accessClaims(tenantKey, tenants[tenantKey].adminId);
const sign = (claims: Claims) => signToken(claims, fleet.secretKey);

/** Asks as the administrator of a tenant, or with other claims. */
const ask = async (query: string, claims: Claims, request: ClientRequest = {}) =>
  fleet.graphql(query, { ...request, token: await sign(claims) });

const login = (username: string, password: string, graphql = fleet.graphql) =>
  graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    variables: { input: { tenantKey: 'acme01', username, password } },
  });

const createUser = `mutation { createUser(input: {
  username: "somebody", email: "somebody@example.com", password: "${testPassword}", fullName: "S"
}) { id } }`;

async function addUser(username: string): Promise<string> {
  const { db } = tenants.acme01.tenant;
  const { id } = await db.user.create({
    data: { username, email: `${username}@example.com`, fullName: username, passwordHash: 'none' },
  });
  await openSession(db, id);
  return id;
}

/** Posts what is no request of a GraphQL client. */
const clientWith = (init: RequestInit) =>
  createGraphQLClient((request) => fleet.app.fetch(new Request(request, init)));

/** One real request for each code, and the facts that come with it. */
const cases = {
  UNAUTHENTICATED: { facts: [], ask: () => fleet.graphql('{ me { id } }') },
  TOKEN_EXPIRED: {
    facts: [],
    ask: () =>
      ask('{ me { id } }', {
        ...adminClaims('acme01'),
        iat: secondsFromNow(-600),
        exp: secondsFromNow(-60),
      }),
  },
  INVALID_CREDENTIALS: { facts: [], ask: () => login('nobody', testPassword) },
  PASSWORD_CHANGE_REQUIRED: {
    facts: [],
    ask: async () => {
      const { data } = await ask(
        'mutation ($id: ID!) { resetPassword(userId: $id) { temporaryPassword } }',
        adminClaims('acme01'),
        { variables: { id: await addUser('newcomer') } },
      );
      return login('newcomer', data.resetPassword.temporaryPassword);
    },
  },
  FORBIDDEN: {
    facts: [],
    ask: async () => ask('{ roles { edges { cursor } } }', accessClaims('acme01', await addUser('nobody'))),
  },
  TENANT_REQUIRED: {
    facts: [],
    ask: async () =>
      ask('{ users { edges { cursor } } }', managerClaims(await createManager(fleet.tools.central), null)),
  },
  TENANT_NOT_FOUND: {
    facts: [],
    ask: () => ask('{ me { id } }', { ...adminClaims('acme01'), tenant_key: 'nobody99' }),
  },
  TENANT_SUSPENDED: { facts: [], ask: () => ask('{ me { id } }', adminClaims('still01')) },
  TENANT_UNAVAILABLE: { facts: ['retryable'], ask: () => ask('{ me { id } }', adminClaims('gone01')) },
  TENANT_BUSY: {
    facts: ['retryAfter', 'retryable'],
    ask: async () => {
      const { graphql } = fleet.startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '1' });
      const { tenant, adminId } = tenants.acme01;
      const token = await sign(adminClaims('acme01'));
      const row = await lockUser(tenant, adminId);
      // It holds the one connection for as long as it waits for the row.
      const waiting = graphql(
        'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "Waits" }) { id } }',
        { token, variables: { id: adminId } },
      );
      await row.waiters(1);
      const answer = await graphql('{ me { id } }', { token });
      await row.release();
      await waiting;
      return answer;
    },
  },
  TENANT_MISMATCH: { facts: ['retryable'], ask: () => ask('{ me { id } }', adminClaims('stray01')) },
  TENANT_OUTDATED: {
    facts: ['retryable'],
    ask: () => ask('{ branches { edges { node { code } } } }', adminClaims('older01')),
  },
  VALIDATION_FAILED: {
    facts: ['fields'],
    ask: () => ask('{ users(first: -1) { edges { cursor } } }', adminClaims('acme01')),
  },
  CONFLICT: {
    facts: ['reason', 'fields'],
    ask: () =>
      ask(
        createUser.replace('"somebody"', '"ADMIN"').replace('somebody@', 'another@'),
        adminClaims('acme01'),
      ),
  },
  LAST_ADMINISTRATOR: {
    facts: [],
    ask: () =>
      ask(
        'mutation ($id: ID!) { updateUser(userId: $id, input: { roleId: null }) { id } }',
        adminClaims('acme01'),
        { variables: { id: tenants.acme01.adminId } },
      ),
  },
  SEAT_LIMIT_REACHED: { facts: ['maxUsers'], ask: () => ask(createUser, adminClaims('full01')) },
  NOT_FOUND: {
    facts: [],
    ask: () =>
      ask(
        'mutation { deleteBranch(branchId: "00000000-0000-4000-8000-000000000000") { success } }',
        adminClaims('acme01'),
      ),
  },
  RATE_LIMITED: {
    facts: ['retryAfter', 'retryable'],
    ask: async () => {
      const graphql = createGraphQLClient((request) => fleet.app.fetch(request, '203.0.113.7'));
      await login('nobody', 'Wrong-password1', graphql);
      return login('nobody', 'Wrong-password1', graphql);
    },
  },
  QUERY_INVALID: { facts: [], ask: () => ask('{ secrets }', adminClaims('acme01')) },
  QUERY_TOO_COMPLEX: {
    facts: ['complexity', 'limit'],
    ask: () =>
      ask(
        `{ ${['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: users(first: 100) { edges { node { role { permissions { code } } } } }`).join(' ')} }`,
        adminClaims('acme01'),
      ),
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    facts: [],
    ask: () =>
      clientWith({
        body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a1' } } }),
      })(''),
  },
  PAYLOAD_TOO_LARGE: {
    facts: ['limit'],
    ask: () => fleet.graphql('{ __typename }', { variables: { filler: 'x'.repeat(200_000) } }),
  },
  UNSUPPORTED_MEDIA_TYPE: {
    facts: [],
    ask: () => clientWith({ headers: { 'content-type': 'text/plain' } })('{ __typename }'),
  },
  SERVICE_UNAVAILABLE: {
    facts: ['retryable'],
    ask: async () => {
      const { graphql } = fleet.startApp({
        CENTRAL_ADMIN_DATABASE_URL: 'postgresql://who:hunter2@127.0.0.1:1/central',
      });
      return graphql('{ me { id } }', { token: await sign(adminClaims('acme01')) });
    },
  },
  INTERNAL_SERVER_ERROR: {
    facts: ['requestId'],
    ask: () =>
      ask('mutation { createBranch(input: { code: "A", name: "A" }) { id } }', adminClaims('broken1')),
  },
} as const satisfies Record<
  ErrorCode,
  { readonly facts: readonly string[]; readonly ask: () => Promise<ClientAnswer> }
>;

/** Texts that no client may see: SQL, paths of code, addresses and owners of databases, and passwords. */
const secrets = [
  /\b(SELECT|INSERT|UPDATE|FROM|WHERE)\b|sys\.|column|constraint|prisma|P20\d\d/,
  /node_modules|\.[tj]s\b| {4}at /,
  /internal\.example|127\.0\.0\.1|localhost|ECONNREFUSED|ENOTFOUND/i,
  /hunter2|postgres|argon2|Password123/i,
];

describe.each(errorCodes)('%s', (code) => {
  it('answers a real request, with its own facts, a sentence and nothing secret', async () => {
    const { facts, ask: send } = cases[code];
    const { headers, errors } = await send();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    const [error] = errors;
    expect(Object.keys(error?.extensions ?? {}).sort()).toEqual(['code', ...facts].sort());
    // Apollo's and urql's links look for exactly this message.
    const isName = code === 'PERSISTED_QUERY_NOT_SUPPORTED';
    expect(error?.message).toMatch(isName ? /^PersistedQueryNotSupported$/ : /^\S.+[.:)>]$/);
    for (const secret of secrets) expect(JSON.stringify(errors)).not.toMatch(secret);
    const requestId = headers.get('x-request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error?.extensions.requestId ?? requestId).toBe(requestId);
    expect(headers.get('retry-after')).toBe(
      typeof error?.extensions.retryAfter === 'number' ? String(error.extensions.retryAfter) : null,
    );
  });
});
