import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { createSessionClient, type SessionClient } from '../support/session-client.ts';
import { accessClaims, secondsFromNow, signToken } from '../support/tokens.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let client: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

const claimsOf = (token: string) =>
  z.object({ tenant_key: z.string().nullable(), sub: z.uuid(), sid: z.uuid() }).parse(decodeJwt(token));
const administratorOf = async ({ db }: TestTenant) =>
  (await db.user.findFirstOrThrow({ where: { username: 'admin' }, select: { id: true } })).id;

const expiredToken = async () =>
  signToken(
    {
      ...accessClaims('acme01', await administratorOf(acme)),
      iat: secondsFromNow(-2_000),
      exp: secondsFromNow(-1_000),
    },
    fleet.secretKey,
  );

async function suspendedToken(tenantKey: string): Promise<string> {
  await fleet.provision(tenantKey);
  const { accessToken } = await fleet.signIn(tenantKey);
  await fleet.tools.central.tenant.update({
    where: { tenantKey },
    data: { status: 'suspended', isActive: false },
  });
  await fleet.tools.invalidate(tenantKey);
  return accessToken;
}

async function endedToken(): Promise<string> {
  const { accessToken } = await fleet.signIn('acme01');
  await client.logout({ token: accessToken });
  return accessToken;
}

async function entryToken(): Promise<string> {
  const { accessToken } = await fleet.signInManager();
  const { data } = await fleet.graphql(
    'mutation { enterTenant(tenantKey: "acme01", reason: "Support") { accessToken } }',
    { token: accessToken },
  );
  return data.enterTenant.accessToken;
}

/** Headers by what they hold, made with the key of a tenant that is not there yet. */
const headers: readonly [string, (newTenantKey: string) => Promise<string>][] = [
  ['a token of another tenant', async () => `Bearer ${(await fleet.signIn('acme01')).accessToken}`],
  ['a token of the same tenant', async () => `Bearer ${(await fleet.signIn('beta02')).accessToken}`],
  ['a manager’s token', async () => `Bearer ${(await fleet.signInManager()).accessToken}`],
  ['a manager’s token for a tenant', async () => `Bearer ${await entryToken()}`],
  ['an expired token', async () => `Bearer ${await expiredToken()}`],
  ['a token of a session that has ended', async () => `Bearer ${await endedToken()}`],
  ['a token of a suspended tenant', async (newTenantKey) => `Bearer ${await suspendedToken(newTenantKey)}`],
  ['a garbage token', async () => 'Bearer garbage'],
  ['a header of another scheme', async () => 'Basic YWRtaW46'],
];

describe.each(headers)('beside %s', (_name, makeHeader) => {
  it('a sign-in and a refresh work as without it, in the tenant that is signed in to', async () => {
    const authorization = await makeHeader('paused1');
    const administrator = await administratorOf(beta);

    const login = await client.login({ tenantKey: 'beta02' }, { headers: { authorization } });
    expect(login.errors).toEqual([]);
    const begun = claimsOf(login.data.login.accessToken);
    expect(begun).toMatchObject({ tenant_key: 'beta02', sub: administrator });
    expect(await client.use(login.data.login.accessToken)).toEqual([]);

    const refresh = await client.refresh(login.data.login.refreshToken, { headers: { authorization } });
    expect(refresh.errors).toEqual([]);
    expect(claimsOf(refresh.data.refreshToken.accessToken)).toEqual(begun);
  });

  it('a manager signs in and refreshes as without it', async () => {
    const authorization = await makeHeader('paused2');
    await fleet.signInManager();
    const login = await fleet.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken user { id } } }',
      {
        headers: { authorization },
        variables: { input: { username: 'operator', password: testPassword } },
      },
    );
    expect(login.errors).toEqual([]);
    expect(login.data.login.user).toBeNull();
    const begun = claimsOf(login.data.login.accessToken);
    expect(begun.tenant_key).toBeNull();

    const refresh = await client.refresh(login.data.login.refreshToken, { headers: { authorization } });
    expect(refresh.errors).toEqual([]);
    expect(claimsOf(refresh.data.refreshToken.accessToken)).toEqual(begun);
  });
});

it('an expired token of the session itself does not keep it from being refreshed', async () => {
  const { refreshToken, accessToken } = await fleet.signIn('acme01');
  const expired = await signToken(
    { ...decodeJwt(accessToken), iat: secondsFromNow(-2_000), exp: secondsFromNow(-1_000) },
    fleet.secretKey,
  );
  expect(await client.use(expired)).toEqual(['TOKEN_EXPIRED']);
  const { data, errors } = await client.refresh(refreshToken, { token: expired });
  expect(errors).toEqual([]);
  expect(claimsOf(data.refreshToken.accessToken)).toEqual(claimsOf(accessToken));
});

it('a good token does not let a wrong password in', async () => {
  const { accessToken } = await fleet.signIn('beta02');
  const { codes } = await client.login(
    { tenantKey: 'beta02', password: 'Wrong123!' },
    { token: accessToken },
  );
  expect(codes).toEqual(['INVALID_CREDENTIALS']);
});

describe('a request that asks for more than a sign-in', () => {
  const login =
    'login(input: { tenantKey: "beta02", username: "admin", password: "Password123!" }) { expiresIn }';
  const create = 'createDepartment(input: { code: "MIXED", name: "Mixed" }) { uuid }';

  it.each([
    ['after it', `mutation { ${login} ${create} }`],
    ['before it', `mutation { ${create} ${login} }`],
    ['in a fragment', `mutation { ${login} ...more } fragment more on Mutation { ${create} }`],
    ['that is left out', `mutation { ${login} ... @include(if: false) { ${create} } }`],
  ])('%s signs nobody in to another tenant, and changes nothing there', async (_name, document) => {
    const { accessToken } = await fleet.signIn('acme01');
    const sessions = await beta.db.session.count();
    const { errors } = await fleet.graphql(document, { token: accessToken });
    expect(errors).toMatchObject([{ path: ['login'], extensions: { code: 'VALIDATION_FAILED' } }]);
    expect(await beta.db.session.count()).toBe(sessions);
    expect(await beta.db.department.count()).toBe(0);
    await acme.db.department.deleteMany();
  });

  it('signs in to one tenant only, however many it names', async () => {
    const { accessToken } = await fleet.signIn('beta02');
    const sessions = await acme.db.session.count();
    const { errors } = await fleet.graphql(
      `mutation { ${login} other: ${login.replace('beta02', 'acme01')} }`,
      { token: accessToken },
    );
    expect(errors).toMatchObject([{ path: ['other'], extensions: { code: 'VALIDATION_FAILED' } }]);
    expect(await acme.db.session.count()).toBe(sessions);
  });
});
