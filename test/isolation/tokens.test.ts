import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { secretKeyId } from '../../src/auth/signing-keys.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { createManager, managerClaims, type TestManager } from '../support/managers.ts';
import { storeRefreshToken } from '../support/sessions.ts';
import { readEveryRow } from '../support/snapshots.ts';
import { accessClaims, type Claims, refreshClaims, secondsFromNow, signToken } from '../support/tokens.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let adminId: string;
let betaAdminId: string;
let secretKey: string;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  [acme, beta] = await Promise.all([fleet.provision('acme01'), fleet.provision('beta02')]);
  adminId = (await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } })).id;
  betaAdminId = (await beta.db.user.findFirstOrThrow({ where: { username: 'admin' } })).id;
  secretKey = fleet.secretKey;
});
afterAll(() => fleet.close());

const listUsers = '{ users { edges { node { username } } } }';

/** Asks for data with a token, and returns what decides. */
async function ask(token: string, graphql: GraphQLClient = fleet.graphql) {
  const { data, codes } = await graphql(listUsers, { token });
  return { data, codes };
}

const refused = (code: string, field = 'users') => ({ data: { [field]: null }, codes: [code] });
const served = { data: { users: { edges: [{ node: { username: 'admin' } }] } }, codes: [] };

/** The claims of a good token with some of them replaced; undefined removes one. */
const claimsWith = (replaced: Claims = {}): Claims => ({ ...accessClaims('acme01', adminId), ...replaced });
const sign = (claims: Claims, key = secretKey) => signToken(claims, key);
/** Signs with a key of nobody's, under our key's id. */
const forge = (claims: Claims) =>
  signToken(claims, randomBytes(48).toString('base64'), {
    alg: 'HS256',
    typ: 'JWT',
    kid: secretKeyId(secretKey),
  });

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Puts a token together by hand, for headers that a library refuses to sign. They name our key unless they say another `kid`. */
function assemble(header: object, claims: Claims, makeSignature: (content: string) => string): string {
  const content = `${encode({ kid: secretKeyId(secretKey), ...header })}.${encode(claims)}`;
  return `${content}.${makeSignature(content)}`;
}

const hmac = (algorithm: string) => (content: string) =>
  createHmac(algorithm, secretKey).update(content).digest('base64url');

/** A good token's signature under another payload. */
async function alter(claims: Claims): Promise<string> {
  const [header, , signature] = (await sign(claimsWith())).split('.');
  return `${header}.${encode(claims)}.${signature}`;
}

describe('a token', () => {
  it('that is good in every respect is served', async () => {
    expect(await ask(await sign(claimsWith()))).toEqual(served);
  });

  it('put together by hand the right way is served', async () => {
    expect(await ask(assemble({ alg: 'HS256', typ: 'JWT' }, claimsWith(), hmac('sha256')))).toEqual(served);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['signed with another key', () => sign(claimsWith(), randomBytes(48).toString('base64'))],
    ['signed with another key in the name of ours', () => forge(claimsWith())],
    [
      'signed with an empty key',
      () =>
        assemble({ alg: 'HS256', typ: 'JWT' }, claimsWith(), (content) =>
          createHmac('sha256', '').update(content).digest('base64url'),
        ),
    ],
    ['altered to name another tenant', () => alter(claimsWith({ tenant_key: 'beta02' }))],
    ['altered to be a manager’s', () => alter(claimsWith({ role: 'manager' }))],
    ['altered to be another user’s', () => alter(claimsWith({ sub: randomUUID() }))],
    ['without a signature', async () => (await sign(claimsWith())).replace(/[^.]+$/, '')],
    ['with half of its signature', async () => (await sign(claimsWith())).slice(0, -20)],
    ['with alg none and no signature', () => assemble({ alg: 'none', typ: 'JWT' }, claimsWith(), () => '')],
    ['with alg none in capitals', () => assemble({ alg: 'NONE', typ: 'JWT' }, claimsWith(), () => '')],
    [
      'with alg none and a good signature',
      () => assemble({ alg: 'none', typ: 'JWT' }, claimsWith(), hmac('sha256')),
    ],
    [
      'with alg HS512, signed with our key',
      () => assemble({ alg: 'HS512', typ: 'JWT' }, claimsWith(), hmac('sha512')),
    ],
    [
      'with alg HS384, signed with our key',
      () => assemble({ alg: 'HS384', typ: 'JWT' }, claimsWith(), hmac('sha384')),
    ],
    [
      'with alg RS256 over an HMAC signature',
      () => assemble({ alg: 'RS256', typ: 'JWT' }, claimsWith(), hmac('sha256')),
    ],
    ['without alg', () => assemble({ typ: 'JWT' }, claimsWith(), hmac('sha256'))],
    [
      'of another type of JWT',
      () => assemble({ alg: 'HS256', typ: 'secevent+jwt' }, claimsWith(), hmac('sha256')),
    ],
    [
      'with a critical header that nobody knows',
      () => assemble({ alg: 'HS256', typ: 'JWT', crit: ['x'], x: 1 }, claimsWith(), hmac('sha256')),
    ],
    [
      'that brings a key of its own along',
      () => {
        const key = randomBytes(32);
        return assemble(
          { alg: 'HS256', typ: 'JWT', jwk: { kty: 'oct', k: key.toString('base64url') } },
          claimsWith(),
          (content) => createHmac('sha256', key).update(content).digest('base64url'),
        );
      },
    ],
    [
      'whose payload holds none of our claims',
      () => assemble({ alg: 'HS256', typ: 'JWT' }, { ...[1] }, hmac('sha256')),
    ],
  ])('%s is refused', async (_what, makeToken) => {
    expect(await ask(await makeToken())).toEqual(refused('UNAUTHENTICATED'));
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['an empty one', ''],
    ['an unknown one', 'hs-AAAAAAAAAAAAAAAA'],
    ['a path', '../../etc/passwd'],
    ['a file that anybody knows the content of', '/dev/null'],
    ['the name of a prototype', '__proto__'],
    ['the name of a method', 'constructor'],
    ['SQL', `' UNION SELECT 'key`],
    ['a NUL', 'hs-\u0000'],
    ['10,000 characters', 'k'.repeat(10_000)],
    ['a number', 0],
    ['a list', [['hs']]],
    ['an object', { toString: 'hs' }],
  ])('whose kid is %s is refused', async (_what, kid) => {
    const token = assemble({ alg: 'HS256', typ: 'JWT', kid }, claimsWith(), hmac('sha256'));
    expect(await ask(token)).toEqual(refused('UNAUTHENTICATED'));
  });

  it('whose kid is ours in a list is refused', async () => {
    const kid = [secretKeyId(secretKey)];
    const token = assemble({ alg: 'HS256', typ: 'JWT', kid }, claimsWith(), hmac('sha256'));
    expect(await ask(token)).toEqual(refused('UNAUTHENTICATED'));
  });

  it.each(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'type', 'tenant_key', 'role', 'permissions'])(
    'without the claim %s is refused',
    async (claim) => {
      expect(await ask(await sign(claimsWith({ [claim]: undefined })))).toEqual(refused('UNAUTHENTICATED'));
    },
  );

  it.each<[string, () => Claims]>([
    ['sub that is no UUID', () => ({ sub: 'admin' })],
    ['sub that is a number', () => ({ sub: 1 })],
    ['sub that is SQL', () => ({ sub: `${adminId}' OR '1'='1` })],
    ['iss of somebody else', () => ({ iss: 'https://elsewhere.test' })],
    ['iss that is a list', () => ({ iss: ['cxg-graphql-api'] })],
    ['aud for somebody else', () => ({ aud: 'elsewhere' })],
    ['aud that is an empty list', () => ({ aud: [] })],
    ['aud that begins like ours', () => ({ aud: 'cxg-graphql-api-staging' })],
    ['sid that is no UUID', () => ({ sid: '1' })],
    ['sid that is null', () => ({ sid: null })],
    ['jti that is no UUID', () => ({ jti: '1' })],
    ['type of another kind', () => ({ type: 'id' })],
    ['type that is a list', () => ({ type: ['access'] })],
    ['role that nobody knows', () => ({ role: 'root' })],
    ['role in capitals', () => ({ role: 'MANAGER' })],
    ['role that is a list', () => ({ role: ['manager'] })],
    ['permissions that are a string', () => ({ permissions: 'users:read' })],
    ['permissions that are an object', () => ({ permissions: { 'users:read': true } })],
    ['permissions that are null', () => ({ permissions: null })],
    ['permission that is a number', () => ({ permissions: ['users:read', 1] })],
    ['permissions without end', () => ({ permissions: Array.from({ length: 1_001 }, () => 'users:read') })],
    ['tenant_key of 300 characters', () => ({ tenant_key: 'a'.repeat(300) })],
    ['tenant_key that is a number', () => ({ tenant_key: 1 })],
    ['tenant_key that is a list', () => ({ tenant_key: ['acme01'] })],
    ['tenant_key that is empty', () => ({ tenant_key: '' })],
    ['tenant_key that is null, for a tenant’s administrator', () => ({ tenant_key: null })],
    ['tenant_key that is null, for a tenant’s user', () => ({ tenant_key: null, role: 'tenant_user' })],
    ['exp that is a string', () => ({ exp: String(secondsFromNow(300)) })],
    ['iat that is a string', () => ({ iat: String(secondsFromNow(0)) })],
    ['iat a minute from now', () => ({ iat: secondsFromNow(60), exp: secondsFromNow(300) })],
    ['nbf a minute from now', () => ({ nbf: secondsFromNow(60) })],
  ])('with a %s is refused', async (_what, replaced) => {
    expect(await ask(await sign(claimsWith(replaced())))).toEqual(refused('UNAUTHENTICATED'));
  });

  it('whose time is over is refused as expired', async () => {
    const token = await sign(claimsWith({ iat: secondsFromNow(-600), exp: secondsFromNow(-60) }));
    expect(await ask(token)).toEqual(refused('TOKEN_EXPIRED'));
  });

  it('that claims a longer life than tokens get is refused as expired when such a life is over', async () => {
    const { accessTokenSeconds } = fleet.configuration.tokens;
    const token = await sign(
      claimsWith({ iat: secondsFromNow(-accessTokenSeconds - 60), exp: secondsFromNow(86_400) }),
    );
    expect(await ask(token)).toEqual(refused('TOKEN_EXPIRED'));
  });

  it('that is expired and forged is not called expired', async () => {
    const token = await forge(claimsWith({ iat: secondsFromNow(-600), exp: secondsFromNow(-60) }));
    expect(await ask(token)).toEqual(refused('UNAUTHENTICATED'));
  });

  it('that is refused does not keep anybody from signing in', async () => {
    const { data, codes } = await fleet.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { user { username } } }',
      {
        token: await sign(claimsWith({ iat: secondsFromNow(-600), exp: secondsFromNow(-60) })),
        variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword } },
      },
    );
    expect({ data, codes }).toEqual({ data: { login: { user: { username: 'admin' } } }, codes: [] });
  });
});

describe('the kinds of tokens', () => {
  const refresh = async (refreshToken: string) => {
    const { data, codes } = await fleet.graphql(
      'mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken refreshToken } }',
      { variables: { token: refreshToken } },
    );
    return { data, codes };
  };

  it('serve a refresh token where one belongs', async () => {
    const token = await sign(refreshClaims('acme01', adminId));
    await storeRefreshToken(acme.db, token);
    const { data } = await refresh(token);
    expect(await ask(data.refreshToken.accessToken)).toEqual(served);
  });

  it('refuse a refresh token as an access token', async () => {
    const { refreshToken } = await fleet.signIn('acme01');
    expect(await ask(refreshToken)).toEqual(refused('UNAUTHENTICATED'));
  });

  it('refuse a refresh token as an access token even with an access token’s claims', async () => {
    expect(await ask(await sign(claimsWith({ type: 'refresh' })))).toEqual(refused('UNAUTHENTICATED'));
  });

  it('refuse an access token as a refresh token', async () => {
    const { accessToken } = await fleet.signIn('acme01');
    expect(await refresh(accessToken)).toEqual(refused('UNAUTHENTICATED', 'refreshToken'));
  });

  it.each<[string, () => Promise<string> | string]>([
    [
      'signed with another key',
      () => sign(refreshClaims('acme01', adminId), randomBytes(48).toString('base64')),
    ],
    ['signed with another key in the name of ours', () => forge(refreshClaims('acme01', adminId))],
    ['without an issuer', () => sign({ ...refreshClaims('acme01', adminId), iss: undefined })],
    ['of another issuer', () => sign({ ...refreshClaims('acme01', adminId), iss: 'elsewhere' })],
    ['without an audience', () => sign({ ...refreshClaims('acme01', adminId), aud: undefined })],
    ['for another audience', () => sign({ ...refreshClaims('acme01', adminId), aud: 'elsewhere' })],
    ['without a session', () => sign({ ...refreshClaims('acme01', adminId), sid: undefined })],
    ['of a user who does not exist', () => sign(refreshClaims('acme01', randomUUID()))],
    [
      'of another tenant’s user',
      async () => sign(refreshClaims('acme01', (await beta.db.user.findFirstOrThrow()).id)),
    ],
    ['without a tenant', () => sign({ ...refreshClaims('acme01', adminId), tenant_key: undefined })],
    ['whose tenant is null', () => sign({ ...refreshClaims('acme01', adminId), tenant_key: null })],
    [
      'with alg none',
      () => assemble({ alg: 'none', typ: 'JWT' }, refreshClaims('acme01', adminId), () => ''),
    ],
    ['that is garbage', () => 'garbage'],
    ['that is empty', () => ''],
  ])('refuse a refresh token %s', async (_what, makeToken) => {
    expect(await refresh(await makeToken())).toEqual(refused('UNAUTHENTICATED', 'refreshToken'));
  });

  it('refuse a refresh token whose time is over as expired', async () => {
    const claims = {
      ...refreshClaims('acme01', adminId),
      iat: secondsFromNow(-600),
      exp: secondsFromNow(-60),
    };
    expect(await refresh(await sign(claims))).toEqual(refused('TOKEN_EXPIRED', 'refreshToken'));
  });

  it('refuse a refresh token whose tenant was altered', async () => {
    const [header, , signature] = (await fleet.signIn('acme01')).refreshToken.split('.');
    const altered = `${header}.${encode(refreshClaims('beta02', adminId))}.${signature}`;
    expect(await refresh(altered)).toEqual(refused('UNAUTHENTICATED', 'refreshToken'));
  });
});

describe('the Authorization header', () => {
  const askWith = async (authorization: string) => {
    const { data, codes } = await fleet.graphql(listUsers, { headers: { authorization } });
    return { data, codes };
  };
  const good = () => sign(claimsWith());

  it('may be missing only where nothing is asked of a tenant', async () => {
    const { data, codes } = await fleet.graphql(listUsers);
    expect({ data, codes }).toEqual(refused('UNAUTHENTICATED'));
  });

  // RFC 9110, section 11.4: the scheme is case-insensitive, and one or more spaces follow it.
  it.each(['Bearer ', 'bearer ', 'BEARER ', 'Bearer  '])('may begin with %j', async (scheme) => {
    expect(await askWith(`${scheme}${await good()}`)).toEqual(served);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['a user name and password', () => `Basic ${Buffer.from(`admin:${testPassword}`).toString('base64')}`],
    ['Bearer and nothing', () => 'Bearer'],
    ['Bearer and spaces', () => 'Bearer   '],
    ['nothing at all', () => ''],
    ['a good token without its scheme', good],
    ['a good token stuck to its scheme', async () => `Bearer${await good()}`],
    ['a good token under another scheme', async () => `Token ${await good()}`],
    ['a good token in quotes', async () => `Bearer "${await good()}"`],
    ['a good token and more', async () => `Bearer ${await good()} more`],
    ['two good tokens', async () => `Bearer ${await good()}, Bearer ${await good()}`],
    ['a good token torn in two', async () => `Bearer ${(await good()).replace('.', '. ')}`],
    ['8 kB of garbage', () => `Bearer ${randomBytes(6_144).toString('base64')}`],
    ['8 kB of dots', () => `Bearer ${'.'.repeat(8_192)}`],
    ['8 kB of spaces before garbage', () => `Bearer${' '.repeat(8_192)}garbage more`],
    ['null', () => 'Bearer null'],
  ])('is refused when it holds %s', async (_what, makeHeader) => {
    expect(await askWith(await makeHeader())).toEqual(refused('UNAUTHENTICATED'));
  });

  it('is the only place that a token is taken from', async () => {
    const token = await good();
    const { data, codes } = await fleet.graphql(listUsers, {
      headers: { cookie: `access_token=${token}; token=${token}`, 'x-access-token': token },
    });
    expect({ data, codes }).toEqual(refused('UNAUTHENTICATED'));
  });
});

describe('the tenant of a token', () => {
  it.each([
    'nobody99',
    'ACME01',
    'acme01 ',
    "acme01'; DROP TABLE tenants; --",
    'acme01"',
    '../acme01',
    'acme01\u0000',
    'tenant:acme01',
    '__proto__',
    'constructor',
  ])('is not found when the token names %j', async (tenantKey) => {
    const token = await sign(claimsWith({ tenant_key: tenantKey }));
    expect(await ask(token)).toEqual(refused('TENANT_NOT_FOUND'));
  });

  it('decides alone: its user’s id means nothing in another tenant', async () => {
    const { data, codes } = await fleet.graphql('{ me { username } }', {
      token: await sign(claimsWith({ tenant_key: 'beta02' })),
    });
    expect({ data, codes }).toEqual({ data: { me: null }, codes: ['UNAUTHENTICATED'] });
  });

  it.each(['provisioning', 'failed', 'archived'] as const)('is not found while it is %s', async (status) => {
    const token = await sign(accessClaims('beta02', betaAdminId));
    await setStatus(status);
    try {
      expect(await ask(token)).toEqual(refused('TENANT_NOT_FOUND'));
    } finally {
      await setStatus('active');
    }
    expect(await ask(token)).toEqual(served);
  });
});

describe('a suspended tenant', () => {
  let betaToken: string;
  let betaRefreshToken: string;

  beforeEach(async () => {
    ({ accessToken: betaToken, refreshToken: betaRefreshToken } = await fleet.signIn('beta02'));
  });
  afterEach(() => setStatus('active'));

  it('is refused from its very next request once the directory was told', async () => {
    expect(await ask(betaToken)).toEqual(served);
    await setStatus('suspended');
    expect(await ask(betaToken)).toEqual(refused('TENANT_SUSPENDED'));
  });

  it('is served again once it is active again', async () => {
    await setStatus('suspended');
    expect(await ask(betaToken)).toEqual(refused('TENANT_SUSPENDED'));
    await setStatus('active');
    expect(await ask(betaToken)).toEqual(served);
  });

  it('leaves other tenants alone', async () => {
    await setStatus('suspended');
    expect(await ask(await sign(claimsWith()))).toEqual(served);
  });

  it('is refused to managers too', async () => {
    await setStatus('suspended');
    const manager = await createManager(fleet.tools.central);
    expect(await ask(await sign(managerClaims(manager, 'beta02')))).toEqual(refused('TENANT_SUSPENDED'));
  });

  it('changes nothing at a mutation', async () => {
    await setStatus('suspended');
    const before = await readEveryRow(beta.db);
    const { data, codes } = await fleet.graphql(
      'mutation ($id: ID!) { deleteUser(userId: $id) { success } }',
      { token: betaToken, variables: { id: (await beta.db.user.findFirstOrThrow()).id } },
    );
    expect({ data, codes }).toEqual(refused('TENANT_SUSPENDED', 'deleteUser'));
    expect(await readEveryRow(beta.db)).toEqual(before);
  });

  it('refreshes no session', async () => {
    await setStatus('suspended');
    const { data, codes } = await fleet.graphql(
      'mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken } }',
      { variables: { token: betaRefreshToken } },
    );
    expect({ data, codes }).toEqual(refused('TENANT_SUSPENDED', 'refreshToken'));
  });

  it.each([
    ['says so to who knows a password', testPassword, 'TENANT_SUSPENDED'],
    ['does not say so to who knows none', 'Wrong-password1', 'INVALID_CREDENTIALS'],
  ])('%s', async (_title, password, code) => {
    await setStatus('suspended');
    const { data, codes } = await fleet.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      { variables: { input: { tenantKey: 'beta02', username: 'admin', password } } },
    );
    expect({ data, codes }).toEqual(refused(code, 'login'));
  });

  it('is refused within the cache time by a process that was not told', async () => {
    const { graphql } = fleet.startApp({ TENANT_DIRECTORY_CACHE_TTL: '1' });
    expect(await ask(betaToken, graphql)).toEqual(served);
    await setStatus('suspended');
    const suspendedAt = performance.now();
    let lastServedAt = 0;
    await vi.waitFor(
      async () => {
        const sentAt = performance.now();
        const answer = await ask(betaToken, graphql);
        if (answer.codes.length === 0) lastServedAt = sentAt;
        expect(answer).toEqual(refused('TENANT_SUSPENDED'));
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(lastServedAt - suspendedAt).toBeLessThan(1_000);
  });
});

describe('a manager', () => {
  let manager: TestManager;

  beforeAll(async () => {
    manager = await createManager(fleet.tools.central);
  });

  const operations: Readonly<Record<string, string>> = {
    users: '{ users { edges { node { username } } } }',
    user: `query { user(userId: "$id") { username } }`,
    roles: '{ roles { edges { node { code permissions { code } } } } }',
    departments: '{ departments { edges { node { code children { edges { node { code } } } } } } }',
    branches: '{ branches { edges { node { code } } } }',
    updateUser: 'mutation { updateUser(userId: "$id", input: { position: "Seen" }) { position } }',
    createUser: `mutation {
      createUser(input: { username: "$name", email: "$name@example.com", password: "${testPassword}", fullName: "N" }) {
        username
      }
    }`,
    deleteUser: 'mutation { deleteUser(userId: "$id") { success } }',
  };

  /** Sends one of the operations, on a user of its own. */
  const operate = async (name: string, claims: Claims) => {
    const username = `u-${randomUUID()}`;
    const { id } = await acme.db.user.create({
      data: { username, email: `${username}@example.com`, fullName: 'N', passwordHash: 'none' },
    });
    const document = (operations[name] ?? '')
      .replaceAll('$id', id)
      .replaceAll('$name', `new-${randomUUID()}`);
    return fleet.graphql(document, { token: await sign(claims) });
  };

  it.each(Object.keys(operations))(
    'in a tenant may use %s without a permission in the token',
    async (name) => {
      const { data, codes } = await operate(name, managerClaims(manager, 'acme01'));
      expect(codes).toEqual([]);
      expect(data[name]).toBeTruthy();
    },
  );

  it.each(Object.keys(operations))(
    'is the only one: %s refuses a tenant’s user without permissions',
    async (name) => {
      const { data, codes } = await operate(name, claimsWith({ role: 'tenant_user', permissions: [] }));
      expect(codes).toEqual(['FORBIDDEN']);
      expect(data?.[name] ?? null).toBeNull();
    },
  );

  it.each(Object.keys(operations))('in no tenant can’t use %s', async (name) => {
    const { data, codes } = await operate(name, managerClaims(manager, null));
    expect(codes).toEqual(['TENANT_REQUIRED']);
    expect(data?.[name] ?? null).toBeNull();
  });

  it('is no user of the tenant', async () => {
    const { data, codes } = await fleet.graphql('{ me { username } }', {
      token: await sign(managerClaims(manager, 'acme01')),
    });
    expect({ data, codes }).toEqual({ data: { me: null }, codes: [] });
  });

  it('in one tenant sees nothing of another', async () => {
    const { data, codes } = await fleet.graphql('query ($id: ID!) { user(userId: $id) { username } }', {
      token: await sign(managerClaims(manager, 'beta02')),
      variables: { id: adminId },
    });
    expect({ data, codes }).toEqual({ data: { user: null }, codes: [] });
  });

  it.each<[string, () => Promise<Claims>]>([
    [
      'who has been deactivated',
      async () => {
        const gone = await createManager(fleet.tools.central);
        await fleet.tools.central.manager.update({ where: { id: gone.id }, data: { isActive: false } });
        return managerClaims(gone, 'acme01');
      },
    ],
    [
      'whose session has ended',
      async () => {
        const gone = await createManager(fleet.tools.central);
        await fleet.tools.central.managerSession.update({
          where: { id: gone.id },
          data: { revokedAt: new Date() },
        });
        return managerClaims(gone, 'acme01');
      },
    ],
    ['who is a tenant’s administrator in truth', async () => claimsWith({ role: 'manager' })],
    [
      'who names the session of a tenant’s administrator',
      async () => ({ ...managerClaims(manager, 'acme01'), sid: adminId }),
    ],
    [
      'who names another manager’s session',
      async () => ({
        ...managerClaims(manager, 'acme01'),
        sid: (await createManager(fleet.tools.central)).id,
      }),
    ],
  ])('%s is refused', async (_who, makeClaims) => {
    expect(await ask(await sign(await makeClaims()))).toEqual(refused('UNAUTHENTICATED'));
  });

  it('can’t be turned into an administrator of the tenant by the token’s role alone', async () => {
    const claims = { ...accessClaims('acme01', manager.id), sid: manager.id };
    expect(await ask(await sign(claims))).toEqual(refused('UNAUTHENTICATED'));
  });
});

describe('the session of a token', () => {
  it('has to be there', async () => {
    expect(await ask(await sign(claimsWith({ sid: randomUUID() })))).toEqual(refused('UNAUTHENTICATED'));
  });

  it.each<[string, object]>([
    ['has been ended', { revokedAt: new Date(), revokedReason: 'logout' }],
    ['has expired', { expiresAt: new Date(Date.now() - 1_000) }],
  ])('is refused when it %s, however long the token lives', async (_what, state) => {
    const sid = randomUUID();
    const expiresAt = new Date(Date.now() + 60_000);
    await acme.db.session.create({ data: { id: sid, userId: adminId, expiresAt, ...state } });
    expect(await ask(await sign(claimsWith({ sid })))).toEqual(refused('UNAUTHENTICATED'));
  });

  it('has to be the user’s own', async () => {
    const { id } = await acme.db.user.create({
      data: { username: 'borrower', email: 'b@example.com', fullName: 'B', passwordHash: 'none' },
    });
    try {
      expect(await ask(await sign(claimsWith({ sub: id })))).toEqual(refused('UNAUTHENTICATED'));
    } finally {
      await acme.db.user.delete({ where: { id } });
    }
  });
});

describe('the rights of a token', () => {
  it('are no more than the database gives', async () => {
    const { id } = await acme.db.user.create({
      data: { username: 'climber', email: 'c@example.com', fullName: 'C', passwordHash: 'none' },
    });
    await acme.db.session.create({
      data: { id, userId: id, expiresAt: new Date(Date.now() + 60_000) },
    });
    try {
      expect(await ask(await sign(accessClaims('acme01', id)))).toEqual(refused('FORBIDDEN'));
    } finally {
      await acme.db.user.delete({ where: { id } });
    }
  });

  it('are no more than the token gives', async () => {
    expect(await ask(await sign(claimsWith({ permissions: ['roles:read'] })))).toEqual(refused('FORBIDDEN'));
  });
});

/** Changes the status of beta02 and tells the application. */
async function setStatus(
  status: 'provisioning' | 'active' | 'suspended' | 'failed' | 'archived',
): Promise<void> {
  await fleet.tools.central.tenant.update({
    where: { tenantKey: 'beta02' },
    data: { status, isActive: status === 'active' },
  });
  await fleet.tools.invalidate('beta02');
}
