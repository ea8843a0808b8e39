import { readFile } from 'node:fs/promises';
import argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;
let managerToken: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
  managerToken = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const login = (input: object) =>
  fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword, ...input } },
  });

const createUser = (username: string, more: object = {}) =>
  fleet.graphql(
    'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid username email fullName } }',
    {
      token,
      variables: {
        input: {
          username,
          email: `u${Math.random().toString(36).slice(2)}@example.com`,
          password: testPassword,
          fullName: 'Somebody',
          ...more,
        },
      },
    },
  );

/** Returns the usernames that a search finds. */
async function found(search: string): Promise<string[]> {
  const { data, errors } = await fleet.graphql(
    'query ($search: String) { users(search: $search) { edges { node { username } } } }',
    { token, variables: { search } },
  );
  expect(errors).toEqual([]);
  return data.users.edges.map((edge: { node: { username: string } }) => edge.node.username);
}

describe('a tenant’s key', () => {
  it.each([' Acme01 ', 'ACME01', 'ａｃｍｅ０１', 'acme\u200b01', '\u3000acme01\n'])(
    'may be typed as %j wherever one is asked for',
    async (tenantKey) => {
      expect((await login({ tenantKey })).codes).toEqual([]);
      const answer = await fleet.graphql(
        `query ($key: String!) {
          tenant(tenantKey: $key) { tenantKey }
          tenantConfigs(tenantKey: $key) { key }
          managerAuditLog(tenantKey: $key) { pageInfo { totalCount } }
          provisioningJobs(tenantKey: $key) { pageInfo { totalCount } }
        }`,
        { token: managerToken, variables: { key: tenantKey } },
      );
      expect(answer.errors).toEqual([]);
      expect(answer.data.tenant).toEqual({ tenantKey: 'acme01' });
    },
  );

  it('typed in capitals leads a manager into the tenant, with a token that has the key as it is', async () => {
    const { data, errors } = await fleet.graphql(
      'mutation { enterTenant(tenantKey: " ACME01 ", reason: "Test") { accessToken tenant { tenantKey } } }',
      { token: managerToken },
    );
    expect(errors).toEqual([]);
    const [, claims = ''] = data.enterTenant.accessToken.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ tenant_key: 'acme01' });
    const { errors: inside } = await fleet.graphql('{ users(first: 1) { edges { cursor } } }', {
      token: data.enterTenant.accessToken,
    });
    expect(inside).toEqual([]);
    const { data: log } = await fleet.graphql(
      '{ managerAuditLog(actions: TENANT_ENTER, tenantKey: "Acme01") { edges { node { entityId } } } }',
      { token: managerToken },
    );
    expect(log.managerAuditLog.edges).toEqual([{ node: { entityId: 'acme01' } }]);
  });

  it('is folded when a tenant is asked for, so that there is one of each key', async () => {
    const { errors } = await fleet.graphql(
      'mutation { provisionTenant(input: { tenantKey: "ＡＣＭＥ０１", companyName: "Again" }) { job { id } } }',
      { token: managerToken },
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      fields: [{ path: ['input', 'tenantKey'], reason: 'TAKEN' }],
    });
  });
});

describe('a username', () => {
  it.each([
    ['ศิริพร', ['ศิริพร', ' ศิริพร ']],
    ['प्रिया', ['प्रिया', 'प्रि\u200bया']],
    ['İbrahim', ['İbrahim', 'ibrahim', 'IBRAHIM', 'İBRAHIM']],
    ['Ｏｎｅ＿Ｗｉｄｅ', ['one_wide', 'ＯＮＥ＿ＷＩＤＥ']],
    ['홍길동', ['홍길동'.normalize('NFD')]],
    ['İ\u0301smail', ['ísmail', 'ÍSMAIL']],
  ])('%s signs in however it is typed, and is there once', async (username, typed) => {
    expect((await createUser(username)).codes).toEqual([]);
    for (const name of typed) {
      expect((await login({ username: name })).codes).toEqual([]);
      const { errors } = await createUser(name);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'CONFLICT',
        fields: [{ path: ['input', 'username'] }],
      });
    }
  });

  it('from before names were folded by width signs in as it was typed then', async () => {
    const { id } = await acme.db.user.create({
      data: {
        username: 'ｏｌｄ＿ｗｉｄｅ',
        email: 'old-wide@example.com',
        fullName: 'Old',
        passwordHash: await argon2.hash(testPassword, { memoryCost: 1_024 }),
      },
    });
    expect((await login({ username: 'Ｏｌｄ＿Ｗｉｄｅ' })).codes).toEqual([]);
    await acme.db.user.delete({ where: { id } });
  });

  it('of a million marks is refused without a minute’s work', async () => {
    const started = performance.now();
    const { codes } = await login({ username: `a${'\u0301\u0316'.repeat(200_000)}` });
    expect(codes).toEqual(['INVALID_CREDENTIALS']);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('of a manager is folded as those of users are', async () => {
    const { codes } = await login({ tenantKey: null, username: ' ＯＰＥＲＡＴＯＲ ' });
    expect(codes).toEqual([]);
  });
});

describe('a password', () => {
  const composed = 'Pässwörd 각각1!';
  const otherwise = [
    composed.normalize('NFD'),
    composed.replace(' ', '\u00a0'),
    composed.replace(' ', '\u3000'),
  ];

  it('set in one form signs in, and changes the password, in every other', async () => {
    expect((await createUser('passworded', { password: composed.normalize('NFD') })).codes).toEqual([]);
    for (const password of [composed, ...otherwise]) {
      expect((await login({ username: 'passworded', password })).codes).toEqual([]);
    }
    const { data } = await login({ username: 'passworded', password: composed });
    const changed = await fleet.graphql(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken } }',
      {
        token: data.login.accessToken,
        variables: {
          input: { currentPassword: otherwise[1], newPassword: 'Änother1!'.normalize('NFD') },
        },
      },
    );
    expect(changed.errors).toEqual([]);
    expect((await login({ username: 'passworded', password: 'Änother1!' })).codes).toEqual([]);
  });

  it('that was used lately is known in every form', async () => {
    expect((await createUser('repeating', { password: composed })).codes).toEqual([]);
    const { errors } = await login({
      username: 'repeating',
      password: composed,
      newPassword: composed.normalize('NFD'),
    });
    expect(errors[0]?.message).toContain('You have used this password recently.');
  });

  it('hashed before there was one form still signs in as it was typed', async () => {
    const typed = 'Ölder Password1!'.normalize('NFD');
    const { id } = await acme.db.user.create({
      data: {
        username: 'older',
        email: 'older@example.com',
        fullName: 'Older',
        passwordHash: await argon2.hash(typed, { memoryCost: 1_024 }),
      },
    });
    expect((await login({ username: 'older', password: typed })).codes).toEqual([]);
    expect((await login({ username: 'older', password: `${typed}x` })).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
    await acme.db.user.delete({ where: { id } });
  });

  it('of characters that can’t be typed twice alike is refused, and said so', async () => {
    const { errors } = await createUser('invisible', { password: 'Zero\u200bwidth1!' });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', 'password'] }],
    });
  });

  it('of a tenant’s first administrator is set and typed in whatever form', async () => {
    const { data, errors } = await fleet.graphql(
      `mutation ($password: String!) { provisionTenant(input: {
        tenantKey: " Forms01 ", companyName: "Forms", adminUsername: "관리자", adminEmail: "관리자@회사.한국", adminPassword: $password
      }) { job { id tenantKey } } }`,
      { token: managerToken, variables: { password: composed.normalize('NFD') } },
    );
    expect(errors).toEqual([]);
    expect(data.provisionTenant.job.tenantKey).toBe('forms01');
    await expect
      .poll(
        async () => (await login({ tenantKey: 'FORMS01', username: '관리자', password: composed })).codes,
        {
          timeout: 20_000,
          interval: 500,
        },
      )
      .toEqual([]);
  });
});

describe('an email address', () => {
  it('has one form, in which it is found and unique', async () => {
    const { data, errors } = await createUser('hong', { email: '홍길동@XN--VF4B131B.xn--3e0b707e' });
    expect(errors).toEqual([]);
    expect(data.createUser.email).toBe('홍길동@회사.한국');
    for (const email of ['홍길동@회사.한국', '홍길동＠회사。한국', '홍길동@회사.한국'.normalize('NFD')]) {
      expect((await createUser('hong2', { email })).errors[0]?.extensions).toMatchObject({
        code: 'CONFLICT',
        fields: [{ path: ['input', 'email'] }],
      });
    }
    for (const search of ['홍길동@회사', '@xn--vf4b131b.xn--3e0b707e', '회사.한국']) {
      expect(await found(search)).toEqual(['hong']);
    }
  });

  it.each([
    ['somchai', 'somchai@น้ำ.ไทย', ['น้ำ', 'somchai@น้ำ.ไทย']],
    ['kimstop', 'kim@회사。한국', ['kim@회사。한국', '회사｡한국']],
    ['strasse', 'x@STRAẞE.de', ['x@STRAẞE.de', 'x@strasse']],
  ])(
    'of %s is found as it was typed, although its domain is stored in another form',
    async (username, email, searches) => {
      expect((await createUser(username, { email })).errors).toEqual([]);
      for (const search of searches) expect(await found(search), search).toContain(username);
    },
  );

  it('that an earlier version stored with its domain in ASCII is found, and is nobody else’s', async () => {
    const earlier = { username: 'earlier', fullName: 'Earlier', passwordHash: 'none' };
    await acme.db.user.create({ data: { ...earlier, email: 'earlier@xn--9d0bu48ap3oba.com' } });
    const email = 'earlier@학교학생.com';
    expect(await found(email)).toEqual(['earlier']);
    const { data } = await createUser('later');
    const again = [
      await createUser('later2', { email }),
      await fleet.graphql(
        'mutation ($id: ID!, $email: String!) { updateUser(userId: $id, input: { email: $email }) { uuid } }',
        { token, variables: { id: data.createUser.uuid, email } },
      ),
    ];
    for (const { errors } of again) {
      expect(errors[0]?.extensions).toMatchObject({
        code: 'CONFLICT',
        fields: [{ path: ['input', 'email'] }],
      });
    }
  });
});

describe('a name', () => {
  it('is kept without what nobody sees, and found however it is typed', async () => {
    const { data, errors } = await createUser('minjun', {
      fullName: '\ufeffKim\u200b\u3000Min\u00adjun\u2060',
    });
    expect(errors).toEqual([]);
    expect(data.createUser.fullName).toBe('Kim Minjun');
    for (const search of [
      'Kim Minjun',
      'Kim\u3000Minjun',
      'kim\u00a0\u00a0minjun',
      'Min\u200bjun',
      'ＭＩＮＪＵＮ',
    ]) {
      expect(await found(search)).toContain('minjun');
    }
  });

  it('is found in either case where the server’s locale has two kinds of i', async () => {
    const rows = await acme.db.$queryRaw<{ alike: boolean }[]>`SELECT 'admin' ILIKE 'ADMIN' AS alike`;
    // Before PostgreSQL 15, a server can have no such locale.
    expect(rows).toEqual([{ alike: inject('postgresVersion') < 15 }]);
    await createUser('kimminji', { fullName: 'Kim Minji', email: 'minji@example.com' });
    for (const search of ['KIMMINJI', 'KIM MINJI', 'MINJI@EXAMPLE']) {
      expect(await found(search)).toEqual(['kimminji']);
    }
    await fleet.graphql('mutation { createBranch(input: { code: "INCHEON", name: "인천" }) { code } }', {
      token,
    });
    const { data } = await fleet.graphql(
      '{ branches(search: "incheon") { edges { node { code } } } roles(search: "TENANT_ADMIN") { edges { node { code } } } }',
      { token },
    );
    expect(data.branches.edges).toEqual([{ node: { code: 'INCHEON' } }]);
    expect(data.roles.edges).toEqual([{ node: { code: 'tenant_admin' } }]);
    await fleet.provision('istanbul1', { companyName: 'Kimpo IT' });
    const tenants = await fleet.graphql(
      '{ key: tenants(search: "ISTANBUL") { edges { node { tenantKey } } } company: tenants(search: "kimpo it") { edges { node { tenantKey } } } }',
      { token: managerToken },
    );
    const only = [{ node: { tenantKey: 'istanbul1' } }];
    expect(tenants.data).toEqual({ key: { edges: only }, company: { edges: only } });
  });

  it.each([
    ['emoji', 'Team 👩‍💻 A'],
    ['Persian', 'خانه‌ها'],
    ['Hindi', 'क्‍ष'],
  ])('of %s keeps its joiners and is found', async (script, fullName) => {
    const username = `joined-${script.toLowerCase()}`;
    expect((await createUser(username, { fullName })).data.createUser.fullName).toBe(fullName);
    expect(await found(fullName)).toEqual([username]);
  });

  it('and a code are written alike for departments', async () => {
    const { data, errors } = await fleet.graphql(
      'mutation { createDepartment(input: { code: "ＳＡＬＥＳ\\u200b－０１", name: "영업\\u3164부" }) { code name } }',
      { token },
    );
    expect(errors).toEqual([]);
    expect(data.createDepartment).toEqual({ code: 'SALES-01', name: '영업부' });
    const { data: list } = await fleet.graphql(
      '{ departments(search: "sales\\u00ad-０１") { edges { node { code } } } }',
      { token },
    );
    expect(list.departments.edges).toEqual([{ node: { code: 'SALES-01' } }]);
  });

  it('from before is made plain by the migrations, in tenants and in the central database', async () => {
    const dirty = 'Lee\u3000\u00a0Seo\u200byeon\ufeff ';
    const { id } = await acme.db.user.create({
      data: {
        username: 'seoyeon',
        email: 's@example.com',
        fullName: dirty,
        position: '\u200b',
        passwordHash: 'none',
      },
    });
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'acme01' },
      data: { companyName: 'ACME\u00a0Corp\u200boration' },
    });
    const sqlOf = (folder: string) =>
      readFile(
        new URL(`../../${folder}/migrations/20261127110000_plain_texts/migration.sql`, import.meta.url),
        'utf8',
      );
    await acme.runAsOwner(await sqlOf('prisma'));
    await fleet.runAsCentralOwner(await sqlOf('prisma-central'));
    expect(await found('Lee Seoyeon')).toEqual(['seoyeon']);
    expect(await acme.db.user.findUniqueOrThrow({ where: { id } })).toMatchObject({
      fullName: 'Lee Seoyeon',
      position: '\u200b',
    });
    expect(
      await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'acme01' } }),
    ).toMatchObject({ companyName: 'ACME Corporation' });
  });
});

it('a client’s name for itself is stored without control characters', async () => {
  const { data } = await fleet.graphql(
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
    {
      variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword } },
      headers: { 'user-agent': 'Browser\u0001\u007f\u0085\u00ad 1.0' },
    },
  );
  const { data: answer } = await fleet.graphql('{ sessions { isCurrent userAgent } }', {
    token: data.login.accessToken,
  });
  const own = answer.sessions.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
  expect(own.userAgent).toBe('Browser 1.0');
});

it('a list goes on behind a row from before 1970', async () => {
  await acme.db.department.createMany({
    data: ['old1', 'old2', 'old3'].map((code, index) => ({
      code,
      name: code,
      createdAt: new Date(Date.UTC(1969 - index, 0, 1)),
    })),
  });
  const page = async (after: string | null) => {
    const { data, errors } = await fleet.graphql(
      'query ($after: String) { departments(first: 1, after: $after, search: "old") { edges { cursor node { code } } } }',
      { token, variables: { after } },
    );
    expect(errors).toEqual([]);
    return data.departments.edges[0];
  };
  const first = await page(null);
  const second = await page(first.cursor);
  expect([first.node.code, second.node.code]).toEqual(['old1', 'old2']);
  for (const moment of ['-62135596800001', '-999999999999999']) {
    const cursor = Buffer.from(
      `${Buffer.from(first.cursor, 'base64url')
        .toString()
        .replace(/:[^:]*$/, '')}:${moment}`,
    ).toString('base64url');
    const { errors } = await fleet.graphql(
      'query ($after: String) { departments(after: $after) { edges { cursor } } }',
      { token, variables: { after: cursor } },
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: ['after'] }] });
  }
});

it('a global id names a tenant whose key was typed in capitals', async () => {
  const { data, errors } = await fleet.graphql(
    'query ($id: ID!) { node(id: $id) { ... on Tenant { tenantKey } } }',
    {
      token: managerToken,
      variables: { id: encodeGlobalId('Tenant', 'ACME01') },
    },
  );
  expect(errors).toEqual([]);
  expect(data.node).toEqual({ tenantKey: 'acme01' });
});
