import { once } from 'node:events';
import { createServer } from 'node:net';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { applicationSecret } from '../../src/tenancy/tenant.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { managerOperations } from '../support/manager-operations.ts';
import { createManager } from '../support/managers.ts';
import { describeWithRedis } from '../support/redis.ts';
import { secondsFromNow } from '../support/tokens.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, beta] = await Promise.all([
    fleet.provision('acme01', { companyName: 'ACME Corporation', plan: 'pro', maxUsers: 10 }),
    fleet.provision('beta02', { companyName: 'Beta Trading' }),
  ]);
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const ask = (query: string, variables: object = {}, token = manager): Promise<ClientAnswer> =>
  fleet.graphql(query, { token, variables: { ...variables } });

const auditOf = (action: string, tenantKey: string | null = null) =>
  fleet.tools.central.auditRecord.findMany({
    where: { action, ...(tenantKey === null ? {} : { tenantKey }) },
    orderBy: { createdAt: 'asc' },
  });

/** Registers tenants that have no database, for lists. */
async function registerUnmade(keys: readonly string[], createdAt: Date): Promise<void> {
  await fleet.tools.central.tenant.createMany({
    data: keys.map((tenantKey) => ({
      tenantKey,
      companyName: `Unmade ${tenantKey}`,
      dbHost: 'nowhere.invalid',
      dbName: `t_${tenantKey}`,
      dbUser: `t_${tenantKey}`,
      dbPasswordEncrypted: 'none',
      createdAt,
    })),
  });
}

describe('tenants', () => {
  const listed = async (args: string) => {
    const { data, errors } = await ask(
      `{ tenants(${args}) { edges { cursor node { tenantKey } } pageInfo { endCursor startCursor hasNextPage hasPreviousPage totalCount } } }`,
    );
    expect(errors).toEqual([]);
    const keys: string[] = data.tenants.edges.map(
      ({ node }: { node: { tenantKey: string } }) => node.tenantKey,
    );
    return { keys, ...data.tenants.pageInfo };
  };
  const keys = Array.from({ length: 25 }, (_, index) => `unmade${String(index).padStart(2, '0')}`);

  beforeAll(() => registerUnmade(keys, new Date('2020-01-01T00:00:00.000Z')));
  afterAll(() => fleet.tools.central.tenant.deleteMany({ where: { tenantKey: { startsWith: 'unmade' } } }));

  it('shows everything that managers need, and nothing of hosts and credentials', async () => {
    const { data } = await ask(
      '{ tenant(tenantKey: "acme01") { id tenantKey companyName status statusReason plan maxUsers seatsUsed schemaVersion createdAt updatedAt } }',
    );
    expect(data.tenant).toMatchObject({
      tenantKey: 'acme01',
      companyName: 'ACME Corporation',
      status: 'ACTIVE',
      statusReason: null,
      plan: 'PRO',
      maxUsers: 10,
      seatsUsed: 1,
      schemaVersion: expect.stringMatching(/^\d{14}_/),
    });
    const { data: type } = await ask('{ __type(name: "Tenant") { fields { name } } }');
    const names = type.__type.fields.map(({ name }: { name: string }) => name).sort();
    expect(names).toEqual([
      'companyName',
      'createdAt',
      'id',
      'maxUsers',
      'plan',
      'schemaVersion',
      'seatsUsed',
      'status',
      'statusReason',
      'tenantKey',
      'updatedAt',
    ]);
  });

  it('answers null for a key that no tenant has or can have', async () => {
    for (const tenantKey of ['nobody1', 'A', 'x y']) {
      const { data, errors } = await ask(
        'query ($key: String!) { tenant(tenantKey: $key) { companyName } }',
        {
          key: tenantKey,
        },
      );
      expect({ data, errors }).toEqual({ data: { tenant: null }, errors: [] });
    }
  });

  it.each(['CREATED_AT', 'UPDATED_AT', 'COMPANY_NAME', 'TENANT_KEY'])(
    'come in complete pages by %s, though many are equal in it, while others are made and removed',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const seen: string[] = [];
        let after = '';
        for (let page = 0; page < 20; page++) {
          const found = await listed(
            `first: 4 search: "unmade" orderBy: { field: ${field}, direction: ${direction} } ${after}`,
          );
          seen.push(...found.keys);
          if (page === 1) await registerUnmade(['unmade_new'], new Date('2019-06-01'));
          if (page === 2) await fleet.tools.central.tenant.delete({ where: { tenantKey: 'unmade_new' } });
          if (!found.hasNextPage) break;
          after = `after: "${found.endCursor}"`;
        }
        expect(seen.filter((key) => key !== 'unmade_new').sort()).toEqual(keys);
        expect(new Set(seen).size).toBe(seen.length);
      }
    },
  );

  it('are found backwards from a cursor', async () => {
    const all = await listed('first: 100 search: "unmade" orderBy: { field: TENANT_KEY, direction: ASC }');
    const back = await listed(
      `last: 3 search: "unmade" orderBy: { field: TENANT_KEY, direction: ASC } before: "${all.endCursor}"`,
    );
    expect(back.keys).toEqual(keys.slice(-4, -1));
    expect(back.hasPreviousPage).toBe(true);
  });

  it('are filtered by text, status and plan, and counted', async () => {
    expect(await listed('search: "trading"')).toMatchObject({ keys: ['beta02'], totalCount: 1 });
    expect(await listed('search: "UNMADE0" first: 1')).toMatchObject({ totalCount: 10 });
    expect((await listed('status: ACTIVE')).keys.sort()).toEqual(['acme01', 'beta02']);
    expect((await listed('plan: PRO')).keys).toEqual(['acme01']);
    expect((await listed('search: "%"')).keys).toEqual([]);
  });

  it('refuse cursors that are none of this list', async () => {
    const { data } = await ask('{ managerAuditLog(first: 1) { edges { cursor } } }');
    const foreign = data.managerAuditLog.edges[0].cursor;
    const forged = Buffer.from("tenants:createdAt.desc:x' OR 1:1577836800000").toString('base64url');
    for (const after of [foreign, forged, 'nonsense']) {
      const { codes } = await ask(`{ tenants(after: "${after}") { edges { cursor } } }`);
      expect(codes).toEqual(['VALIDATION_FAILED']);
    }
  });
});

describe('seatsUsed', () => {
  it('counts active users who are not deleted, in each tenant’s own database', async () => {
    const user = (username: string, more: object = {}) => ({
      username,
      email: `${username}@example.com`,
      fullName: username,
      passwordHash: 'none',
      ...more,
    });
    await beta.db.user.createMany({
      data: [
        user('active'),
        user('inactive', { isActive: false }),
        user('deleted', { deletedAt: new Date() }),
      ],
    });
    const { data } = await ask(
      '{ tenants(orderBy: { field: TENANT_KEY }) { edges { node { tenantKey seatsUsed } } } }',
    );
    expect(data.tenants.edges.map(({ node }: { node: object }) => node)).toEqual([
      { tenantKey: 'acme01', seatsUsed: 1 },
      { tenantKey: 'beta02', seatsUsed: 2 },
    ]);
  });

  it('is null for a tenant whose database does not answer or is not there yet, and a number for the others', async () => {
    // One server is not there, the other takes connections and says nothing.
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const mutePort = Number(z.object({ port: z.int() }).parse(mute.address()).port);
    const silentTenant = async (status: 'active' | 'suspended' | 'provisioning') => {
      const tenantKey = `silent_${status}`;
      return {
        tenantKey,
        companyName: 'Silent',
        dbHost: '127.0.0.1',
        dbPort: status === 'suspended' ? mutePort : 1,
        dbName: `silent_${status}`,
        dbUser: 'silent',
        dbPasswordEncrypted: await fleet.tools.secrets.write(applicationSecret(tenantKey), 'SilentPassword1'),
        status,
        isActive: status === 'active',
      };
    };
    await fleet.tools.central.tenant.createMany({
      data: await Promise.all((['active', 'suspended', 'provisioning'] as const).map(silentTenant)),
    });
    const { data, errors } = await ask(
      '{ tenants(orderBy: { field: TENANT_KEY }) { edges { node { tenantKey seatsUsed } } } }',
    );
    expect(errors).toEqual([]);
    expect(data.tenants.edges.map(({ node }: { node: object }) => node)).toEqual([
      { tenantKey: 'acme01', seatsUsed: 1 },
      { tenantKey: 'beta02', seatsUsed: 2 },
      { tenantKey: 'silent_active', seatsUsed: null },
      { tenantKey: 'silent_provisioning', seatsUsed: null },
      { tenantKey: 'silent_suspended', seatsUsed: null },
    ]);
    expect(fleet.log.filter((line) => line.includes('seats')).join()).toContain('silent_active');
    expect(fleet.log.join()).not.toContain('silent_provisioning');
    await fleet.tools.central.tenant.deleteMany({ where: { companyName: 'Silent' } });
    mute.close();
  });

  it('leaves the clients that serve the tenants’ own requests as they are', async () => {
    const before = fleet.app.tenantClientStatistics();
    await ask('{ tenants { edges { node { seatsUsed } } } }');
    expect(fleet.app.tenantClientStatistics()).toEqual(before);
  });

  it('makes a page cost more: 100 tenants with it are affordable once, and not twice', async () => {
    const page = (alias: string, fields: string) =>
      `${alias}: tenants(first: 100) { edges { node { ${fields} } } }`;
    const codes = async (...pages: string[]) => (await ask(`{ ${pages.join(' ')} }`)).codes;
    expect(await codes(page('a', 'plan'), page('b', 'plan'))).toEqual([]);
    expect(await codes(page('a', 'seatsUsed'))).toEqual([]);
    expect(await codes(page('a', 'seatsUsed'), page('b', 'seatsUsed'))).toEqual(['QUERY_TOO_COMPLEX']);
  });
});

describe('updateTenant', () => {
  const update =
    'mutation ($key: String!, $input: TenantUpdateInput!, $expected: DateTime) { updateTenant(tenantKey: $key, input: $input, expectedUpdatedAt: $expected) { companyName plan maxUsers updatedAt } }';

  it('changes what is given, records it, and is in force at once', async () => {
    await fleet.app.directory.find('beta02');
    const { data, errors } = await ask(update, {
      key: 'beta02',
      input: { companyName: ' Beta 무역 ', maxUsers: 7 },
    });
    expect(errors).toEqual([]);
    expect(data.updateTenant).toMatchObject({ companyName: 'Beta 무역', plan: 'STARTER', maxUsers: 7 });
    expect(await fleet.app.directory.find('beta02')).toMatchObject({ maxUsers: 7 });
    const [record] = await auditOf('tenant.update', 'beta02');
    expect(record).toMatchObject({
      entityType: 'Tenant',
      entityId: 'beta02',
      managerUsername: 'operator',
      changes: {
        companyName: { before: 'Beta Trading', after: 'Beta 무역' },
        maxUsers: { before: expect.any(Number), after: 7 },
      },
    });
  });

  it('changes nothing when somebody has changed the tenant since it was read', async () => {
    const { data } = await ask('{ tenant(tenantKey: "beta02") { updatedAt } }');
    const expected = data.tenant.updatedAt;
    const first = await ask(update, { key: 'beta02', input: { plan: 'PRO' }, expected });
    expect(first.errors).toEqual([]);
    const second = await ask(update, { key: 'beta02', input: { plan: 'ENTERPRISE' }, expected });
    expect(second.codes).toEqual(['CONFLICT']);
    expect(second.errors[0]?.extensions.updatedAt).toBe(first.data.updateTenant.updatedAt);
    expect((await ask('{ tenant(tenantKey: "beta02") { plan } }')).data.tenant.plan).toBe('PRO');
    const raced = await Promise.all(
      ['STARTER', 'ENTERPRISE'].map((plan) =>
        ask(update, { key: 'beta02', input: { plan }, expected: first.data.updateTenant.updatedAt }),
      ),
    );
    expect(raced.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
  });

  it.each([
    [{ companyName: null }, ['input', 'companyName']],
    [{ companyName: '  ' }, ['input', 'companyName']],
    [{ companyName: 'a\nb' }, ['input', 'companyName']],
    [{ plan: 'golden' }, ['input', 'plan']],
    [{ maxUsers: 0 }, ['input', 'maxUsers']],
    [{ maxUsers: null }, ['input', 'maxUsers']],
  ])('refuses %j, naming the field', async (input, path) => {
    const { codes, errors } = await ask(update, { key: 'beta02', input });
    expect(codes).toEqual(['VALIDATION_FAILED']);
    expect(errors[0]?.extensions.fields).toMatchObject([{ path }]);
  });
});

describe('suspendTenant and resumeTenant', () => {
  const suspend =
    'mutation ($key: String!, $reason: String!) { suspendTenant(tenantKey: $key, reason: $reason) { status statusReason } }';
  const resume = 'mutation ($key: String!) { resumeTenant(tenantKey: $key) { status statusReason } }';

  it('end and restore access at once, for tokens that are out', async () => {
    const { accessToken, refreshToken } = await fleet.signIn('acme01');
    const me = async () => {
      const { codes, data } = await fleet.graphql('{ me { username } }', { token: accessToken });
      return codes[0] ?? data.me.username;
    };
    expect(await me()).toBe('admin');

    const suspended = await ask(suspend, { key: 'acme01', reason: '요금 미납' });
    expect(suspended.data.suspendTenant).toEqual({ status: 'SUSPENDED', statusReason: '요금 미납' });
    expect(await me()).toBe('TENANT_SUSPENDED');
    const refreshed = await fleet.graphql(
      'mutation ($token: String) { refreshToken(refreshToken: $token) { expiresIn } }',
      { variables: { token: refreshToken } },
    );
    expect(refreshed.codes).toEqual(['TENANT_SUSPENDED']);

    const resumed = await ask(resume, { key: 'acme01' });
    expect(resumed.data.resumeTenant).toEqual({ status: 'ACTIVE', statusReason: null });
    expect(await me()).toBe('admin');

    expect((await auditOf('tenant.suspend', 'acme01')).map(({ changes }) => changes)).toEqual([
      {
        status: { before: 'active', after: 'suspended' },
        statusReason: { before: null, after: '요금 미납' },
      },
    ]);
    expect(await auditOf('tenant.resume', 'acme01')).toHaveLength(1);
  });

  it('refuse a tenant that is there already, saying in which status it is', async () => {
    const active = await ask(resume, { key: 'acme01' });
    expect(active.codes).toEqual(['CONFLICT']);
    expect(active.errors[0]).toMatchObject({
      message: 'Tenant acme01 is active.',
      extensions: { reason: 'WRONG_STATE', status: 'ACTIVE' },
    });
    await ask(suspend, { key: 'acme01', reason: 'Once' });
    const twice = await ask(suspend, { key: 'acme01', reason: 'Twice' });
    expect(twice.codes).toEqual(['CONFLICT']);
    expect((await ask('{ tenant(tenantKey: "acme01") { statusReason } }')).data.tenant.statusReason).toBe(
      'Once',
    );
    await ask(resume, { key: 'acme01' });
  });

  it('let one of two managers through who suspend at once', async () => {
    const answers = await Promise.all(
      ['one', 'two'].map((reason) => ask(suspend, { key: 'acme01', reason })),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
    await ask(resume, { key: 'acme01' });
  });

  it.each(['', '   ', 'x'.repeat(501)])(
    'want a reason of 1 to 500 characters: %j is none',
    async (reason) => {
      const { codes, errors } = await ask(suspend, { key: 'acme01', reason });
      expect(codes).toEqual(['VALIDATION_FAILED']);
      expect(errors[0]?.extensions.fields).toMatchObject([{ path: ['reason'] }]);
    },
  );
});

describeWithRedis('with another process', (redis) => {
  it('a change and a suspension are in force there too, without waiting for what it remembers to grow old', async () => {
    const shared = await createTestFleet({ REDIS_URL: redis.url, TENANT_DIRECTORY_CACHE_TTL: '3600' });
    try {
      await shared.provision('shared1');
      const other = shared.startApp();
      const token = (await shared.signInManager()).accessToken;
      const { accessToken } = await shared.signIn('shared1');
      const seenThere = async () => {
        const { codes } = await other.graphql('{ me { username } }', { token: accessToken });
        return [codes[0] ?? 'served', (await other.app.directory.find('shared1'))?.maxUsers];
      };
      const change = (field: string) => shared.graphql(`mutation { ${field} { tenantKey } }`, { token });

      await change('updateTenant(tenantKey: "shared1", input: { maxUsers: 77 })');
      await vi.waitFor(async () => expect(await seenThere()).toEqual(['served', 77]));
      await change('updateTenant(tenantKey: "shared1", input: { maxUsers: 78 })');
      await vi.waitFor(async () => expect(await seenThere()).toEqual(['served', 78]));
      await change('suspendTenant(tenantKey: "shared1", reason: "Test")');
      await vi.waitFor(async () => expect(await seenThere()).toEqual(['TENANT_SUSPENDED', 78]));
      await change('resumeTenant(tenantKey: "shared1")');
      await vi.waitFor(async () => expect(await seenThere()).toEqual(['served', 78]));
    } finally {
      await shared.close();
    }
  });
});

it.each([
  'mutation ($key: String!) { suspendTenant(tenantKey: $key, reason: "x") { status } }',
  'mutation ($key: String!) { resumeTenant(tenantKey: $key) { status } }',
  'mutation ($key: String!) { updateTenant(tenantKey: $key, input: {}) { status } }',
  'mutation ($key: String!) { enterTenant(tenantKey: $key, reason: "x") { accessToken } }',
  'mutation ($key: String!) { setTenantConfig(tenantKey: $key, key: "k", value: 1) { key } }',
  'mutation ($key: String!) { deleteTenantConfig(tenantKey: $key, key: "k") { success } }',
  'query ($key: String!) { tenantConfig(tenantKey: $key, key: "k") { key } }',
  'query ($key: String!) { tenantConfigs(tenantKey: $key) { key } }',
])('TENANT_NOT_FOUND answers %s for a tenant that does not exist', async (operation) => {
  for (const key of ['nobody1', 'No Key', "x'y"]) {
    expect((await ask(operation, { key })).codes).toEqual(['TENANT_NOT_FOUND']);
  }
});

describe('a tenant’s settings', () => {
  const set =
    'mutation ($key: String!, $value: JSON) { setTenantConfig(tenantKey: "acme01", key: $key, value: $value) { key value } }';
  const get = 'query ($key: String!) { tenantConfig(tenantKey: "acme01", key: $key) { key value } }';
  const list = '{ tenantConfigs(tenantKey: "acme01") { key value } }';

  it('are set, read, replaced and removed', async () => {
    const value = { colour: '#0af', 이름: ['예', null, 1.5, true] };
    expect((await ask(set, { key: 'branding', value })).data.setTenantConfig).toEqual({
      key: 'branding',
      value,
    });
    expect((await ask(set, { key: 'a.flag', value: false })).data.setTenantConfig.value).toBe(false);
    expect((await ask(get, { key: 'branding' })).data.tenantConfig.value).toEqual(value);
    expect((await ask(list)).data.tenantConfigs).toEqual([
      { key: 'a.flag', value: false },
      { key: 'branding', value },
    ]);
    expect((await ask(set, { key: 'branding', value: 'plain' })).data.setTenantConfig.value).toBe('plain');
    expect((await ask(set, { key: 'branding', value: null })).data.setTenantConfig).toBeNull();
    expect((await ask(get, { key: 'branding' })).data.tenantConfig).toBeNull();
    const records = await auditOf('tenant.set_config', 'acme01');
    expect(records.map(({ changes }) => changes)).toEqual([
      { branding: { before: null, after: 'set' } },
      { 'a.flag': { before: null, after: 'set' } },
      { branding: { before: 'set', after: 'set' } },
      { branding: { before: 'set', after: null } },
    ]);
    expect(JSON.stringify(records)).not.toContain('#0af');
  });

  it('are deleted, with the id that a client knows them by', async () => {
    const { data } = await ask(
      'mutation { setTenantConfig(tenantKey: "acme01", key: "b.gone", value: 1) { id } }',
    );
    const remove =
      'mutation { deleteTenantConfig(tenantKey: "ACME01", key: "b.gone") { message deletedId } }';
    expect((await ask(remove)).data.deleteTenantConfig).toEqual({
      message: 'The setting “b.gone” was deleted.',
      deletedId: data.setTenantConfig.id,
    });
    expect((await ask(get, { key: 'b.gone' })).data.tenantConfig).toBeNull();
    expect((await ask(remove)).codes).toEqual([]);
  });

  it('never show or take what belongs to the platform', async () => {
    const key = 'provisioning.first_administrator';
    expect(await fleet.tools.central.tenantConfig.count({ where: { configKey: key } })).toBeGreaterThan(0);
    const before = await fleet.tools.central.tenantConfig.findMany({ where: { configKey: key } });
    for (const answer of [
      await ask(get, { key }),
      await ask(set, { key, value: null }),
      await ask(set, { key, value: 1 }),
    ]) {
      expect(answer.codes).toEqual(['VALIDATION_FAILED']);
    }
    expect(JSON.stringify((await ask(list)).data)).not.toContain('provisioning');
    expect(await fleet.tools.central.tenantConfig.findMany({ where: { configKey: key } })).toEqual(before);
  });

  it.each(['', 'Upper', 'white space', 'x'.repeat(129), 'x\0'])('have no key %j', async (key) => {
    for (const answer of [await ask(get, { key }), await ask(set, { key, value: 1 })]) {
      expect(answer.codes).toEqual(['VALIDATION_FAILED']);
      expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path: ['key'] }]);
    }
  });

  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it('hold up to 64 KiB of JSON, and what PostgreSQL can store', async () => {
    const fits = 'x'.repeat(65_534);
    expect((await ask(set, { key: 'large', value: fits })).codes).toEqual([]);
    expect((await ask(set, { key: 'deep', value: nested(100) })).codes).toEqual([]);
    for (const value of [
      `${fits}y`,
      '가'.repeat(22_000),
      nested(101),
      nested(1_000),
      'a\0b',
      { 'a\0': 1 },
      '\ud800',
    ]) {
      const { codes, errors } = await ask(set, { key: 'large', value });
      expect(codes).toEqual(['VALIDATION_FAILED']);
      expect(JSON.stringify(errors[0]?.extensions.fields)).toContain('value');
    }
    expect((await ask(get, { key: 'large' })).data.tenantConfig.value).toBe(fits);
  });
});

describe('every change', () => {
  it('that can’t be recorded is not made', async () => {
    const { central } = fleet.tools;
    const { id: managerId } = await central.manager.findUniqueOrThrow({ where: { username: 'operator' } });
    const { id: jobId } = await central.provisioningJob.create({
      data: { tenantKey: 'failed1', status: 'failed', finishedAt: new Date(), request: {}, managerId },
    });
    const [active, disabled] = await Promise.all([createManager(central), createManager(central)]);
    await central.manager.update({ where: { id: disabled.id }, data: { isActive: false } });
    await ask('mutation { suspendTenant(tenantKey: "beta02", reason: "Test") { status } }');
    const {
      'Mutation.resumeTenant': resume,
      'Mutation.enableManager': enable,
      ...others
    } = managerOperations('acme01', jobId, active.id);
    const mutations = Object.entries({
      ...others,
      'Mutation.enableManager': { query: enable?.query ?? '', variables: { managerId: disabled.id } },
      'Mutation.resumeTenant': { query: resume?.query ?? '', variables: { tenantKey: 'beta02' } },
      'Mutation.provisionTenant': {
        query: others['Mutation.provisionTenant']?.query ?? '',
        variables: { input: { tenantKey: 'unmade_ever', companyName: 'Unmade' } },
      },
    }).filter(([coordinate]) => coordinate.startsWith('Mutation.'));
    expect(mutations).toHaveLength(13);
    const state = async () => [
      await central.tenant.findMany({ orderBy: { id: 'asc' } }),
      await central.tenantConfig.findMany({ orderBy: { id: 'asc' } }),
      await central.provisioningJob.findMany({ orderBy: { id: 'asc' } }),
      await central.manager.findMany({ orderBy: { id: 'asc' }, omit: { passwordHash: false } }),
      await acme.db.auditRecord.count(),
    ];
    const before = await state();
    await fleet.runAsCentralOwner('ALTER TABLE audit_log RENAME TO audit_log_away');
    try {
      for (const [coordinate, { query, variables }] of mutations) {
        const { codes } = await ask(query, variables);
        expect([coordinate, codes]).toEqual([coordinate, ['INTERNAL_SERVER_ERROR']]);
      }
    } finally {
      await fleet.runAsCentralOwner('ALTER TABLE audit_log_away RENAME TO audit_log');
    }
    expect(await state()).toEqual(before);
    await ask('mutation { resumeTenant(tenantKey: "beta02") { status } }');
  });
});

describe('enterTenant', () => {
  const enter =
    'mutation ($key: String!, $reason: String!) { enterTenant(tenantKey: $key, reason: $reason) { accessToken expiresIn tenant { tenantKey companyName } } }';
  const entered = async (key = 'acme01', token = manager) => {
    const { data, errors } = await ask(enter, { key, reason: 'Helping with an import' }, token);
    expect(errors).toEqual([]);
    return data.enterTenant;
  };

  it('gives a token that is good for the tenant only, and says so elsewhere', async () => {
    const { data } = await fleet.graphql(
      'mutation { enterTenant(tenantKey: "acme01", reason: "x") { accessToken } }',
      { token: (await fleet.signInManager()).accessToken },
    );
    const { accessToken: token } = data.enterTenant;
    for (const document of ['{ tenants { edges { cursor } } }', 'mutation { logout { success } }']) {
      const { errors } = await fleet.graphql(document, { token });
      expect(errors[0]?.message).toContain('This token is valid only inside a tenant.');
    }
  });

  it('gives a token that is marked as a manager’s, names the tenant, and lasts 15 minutes', async () => {
    const { accessToken, expiresIn, tenant } = await entered();
    expect(tenant).toEqual({ tenantKey: 'acme01', companyName: 'ACME Corporation' });
    expect(expiresIn).toBe(900);
    const claims = decodeJwt(accessToken);
    const own = decodeJwt(manager);
    expect(claims).toMatchObject({ role: 'manager', tenant_key: 'acme01', sub: own.sub, sid: own.sid });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
    expect(Math.abs(Number(claims.exp) - secondsFromNow(900))).toBeLessThan(10);
  });

  it('lets the manager read and change that tenant and no other, under their own name', async () => {
    const { accessToken } = await entered();
    const create = 'mutation ($input: UserCreateInput!) { createUser(input: $input) { id } }';
    const input = {
      username: 'made',
      email: 'made@example.com',
      password: 'Made-by-1-manager!',
      fullName: 'Made',
    };
    expect((await ask(create, { input }, accessToken)).errors).toEqual([]);
    expect(await acme.db.user.count({ where: { username: 'made' } })).toBe(1);
    expect(await beta.db.user.count({ where: { username: 'made' } })).toBe(0);
    const record = await acme.db.auditRecord.findFirst({ where: { action: 'user.create' } });
    expect(record).toMatchObject({ userId: null, managerUsername: 'operator' });
    await acme.db.user.delete({ where: { id: record?.entityId ?? '' } });
  });

  it('is recorded with its reason in both logs', async () => {
    const { central } = fleet.tools;
    const before = [await central.auditRecord.count(), await beta.db.auditRecord.count()];
    await entered('beta02');
    const [inCentral] = await auditOf('tenant.enter', 'beta02');
    const inTenant = await beta.db.auditRecord.findFirstOrThrow({ where: { action: 'tenant.enter' } });
    const { sub } = decodeJwt(manager);
    for (const record of [inCentral, inTenant]) {
      expect(record).toMatchObject({
        entityType: 'Tenant',
        managerId: sub,
        managerUsername: 'operator',
        requestId: inCentral?.requestId,
        changes: { reason: { before: null, after: 'Helping with an import' } },
      });
    }
    expect([await central.auditRecord.count(), await beta.db.auditRecord.count()]).toEqual(
      before.map((count) => count + 1),
    );
  });

  it('gives no token unless both logs could be written, and writes neither alone', async () => {
    const { central } = fleet.tools;
    const before = [await central.auditRecord.count(), await acme.db.auditRecord.count()];
    await acme.runAsOwner('ALTER TABLE sys.audit_log RENAME TO audit_log_away');
    const away = await ask(enter, { key: 'acme01', reason: 'Tenant log away' });
    await acme.runAsOwner('ALTER TABLE sys.audit_log_away RENAME TO audit_log');
    await fleet.runAsCentralOwner('ALTER TABLE audit_log RENAME TO audit_log_away');
    const centralAway = await ask(enter, { key: 'acme01', reason: 'Central log away' });
    await fleet.runAsCentralOwner('ALTER TABLE audit_log_away RENAME TO audit_log');
    expect([away.codes, centralAway.codes]).toEqual([['TENANT_OUTDATED'], ['INTERNAL_SERVER_ERROR']]);
    for (const { data } of [away, centralAway]) expect(data).toEqual({ enterTenant: null });
    expect([await central.auditRecord.count(), await acme.db.auditRecord.count()]).toEqual(before);
  });

  it('is refused for a suspended tenant, and ends with a suspension', async () => {
    const { accessToken } = await entered();
    await ask('mutation { suspendTenant(tenantKey: "acme01", reason: "Test") { status } }');
    expect((await ask(enter, { key: 'acme01', reason: 'x' })).codes).toEqual(['TENANT_SUSPENDED']);
    expect((await ask('{ users { edges { cursor } } }', {}, accessToken)).codes).toEqual([
      'TENANT_SUSPENDED',
    ]);
    await ask('mutation { resumeTenant(tenantKey: "acme01") { status } }');
    expect((await ask('{ users { edges { cursor } } }', {}, accessToken)).codes).toEqual([]);
  });

  it('ends when the manager signs out', async () => {
    const { accessToken: own } = await fleet.signInManager('visitor');
    const { accessToken } = await entered('acme01', own);
    expect((await ask('{ users { edges { cursor } } }', {}, accessToken)).codes).toEqual([]);
    expect((await ask('mutation { logout { success } }', {}, own)).codes).toEqual([]);
    expect((await ask('{ users { edges { cursor } } }', {}, accessToken)).codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each(['', ' ', 'x'.repeat(501)])('wants a reason of 1 to 500 characters: %j is none', async (reason) => {
    const before = (await auditOf('tenant.enter')).length;
    const { codes } = await ask(enter, { key: 'acme01', reason });
    expect(codes).toEqual(['VALIDATION_FAILED']);
    expect(await auditOf('tenant.enter')).toHaveLength(before);
  });
});

describe('managerAuditLog', () => {
  const actions = async (args: string) => {
    const { data, errors } = await ask(
      `{ managerAuditLog(first: 100 ${args}) { edges { node { action tenantKey createdAt manager { username } managerUsername changes { field before after } } } pageInfo { totalCount } } }`,
    );
    expect(errors).toEqual([]);
    return data.managerAuditLog;
  };
  const names = ({ edges }: { edges: { node: { action: string } }[] }) => [
    ...new Set(edges.map(({ node }) => node.action)),
  ];

  it('lists what managers have done, newest first, by whom and why', async () => {
    await ask('mutation { suspendTenant(tenantKey: "beta02", reason: "For the log") { status } }');
    await ask('mutation { resumeTenant(tenantKey: "beta02") { status } }');
    const { edges } = await actions('tenantKey: "beta02"');
    expect(edges[0].node).toMatchObject({ action: 'TENANT_RESUME', manager: { username: 'operator' } });
    expect(edges[1].node.changes).toContainEqual({
      field: 'statusReason',
      before: null,
      after: 'For the log',
    });
  });

  it('filters by action, type, tenant, manager and time', async () => {
    expect(names(await actions('actions: [TENANT_SUSPEND]'))).toEqual(['TENANT_SUSPEND']);
    expect(names(await actions('actions: []'))).toEqual([]);
    expect(names(await actions('entityType: SESSION'))).toEqual(expect.arrayContaining(['SESSION_BEGIN']));
    expect(names(await actions('entityType: SESSION, actions: [TENANT_SUSPEND]'))).toEqual([]);
    const { id } = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'operator' } });
    const { edges } = await actions(`managerId: "${id}"`);
    expect(
      new Set(edges.map(({ node }: { node: { managerUsername: string } }) => node.managerUsername)),
    ).toEqual(new Set(['operator']));
    expect((await actions('from: "2999-01-01T00:00:00Z"')).pageInfo.totalCount).toBe(0);
    expect((await actions('to: "2000-01-01T00:00:00Z"')).pageInfo.totalCount).toBe(0);
    const wrong = await ask(
      '{ managerAuditLog(from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z") { edges { cursor } } }',
    );
    expect(wrong.codes).toEqual(['VALIDATION_FAILED']);
  });

  it('shows a record of another version, without what this one has no name for', async () => {
    await fleet.tools.central.auditRecord.create({
      data: { action: 'robot.oil', entityType: 'Robot', tenantKey: 'robots', changes: {} },
    });
    const { data, errors } = await ask(
      '{ managerAuditLog(tenantKey: "robots") { edges { node { action entityType } } } }',
    );
    expect(errors).toEqual([]);
    expect(data.managerAuditLog.edges).toEqual([{ node: { action: null, entityType: null } }]);
  });

  it('holds no password', async () => {
    const rows = await fleet.tools.central.auditRecord.findMany();
    expect(rows.length).toBeGreaterThan(10);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${testPassword.replace('!', '.')}|argon2|v1\\.`));
  });
});
