import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { describeWithRedis } from '../support/redis.ts';
import { addUser } from '../support/session-client.ts';

let fleet: TestFleet;
let manager: string;
/** A user without any permission. */
let user: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  const acme = await fleet.provision('acme01');
  await fleet.provision('beta02');
  await addUser(acme, 'nobody');
  user = (await fleet.signIn('acme01', 'nobody')).accessToken;
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

interface Setting {
  readonly tenantKey?: string;
  readonly key: string;
  readonly value?: unknown;
  readonly isPublic?: boolean | null;
}

const set = (setting: Setting, { graphql, token } = { graphql: fleet.graphql, token: manager }) =>
  graphql(
    `mutation ($tenantKey: String!, $key: String!, $value: JSON, $isPublic: Boolean) {
      setTenantConfig(tenantKey: $tenantKey, key: $key, value: $value, isPublic: $isPublic) { key value isPublic }
    }`,
    { token, variables: { tenantKey: 'acme01', ...setting } },
  );

const read = async (token = user, graphql: GraphQLClient = fleet.graphql) => {
  const { data, errors } = await graphql('{ viewer { tenant { settings { key value } } } }', { token });
  expect(errors).toEqual([]);
  return data.viewer.tenant.settings;
};

const removeAll = () => fleet.tools.central.tenantConfig.deleteMany({ where: { isPublic: true } });

describe('a tenant’s setting', () => {
  it('is private unless a manager makes it public, and then everybody in the tenant reads it', async () => {
    expect((await set({ key: 'crm.quota', value: 5 })).data.setTenantConfig.isPublic).toBe(false);
    expect(await read()).toEqual([]);
    const value = { colour: '#0af', 이름: ['예', null] };
    expect((await set({ key: 'branding', value, isPublic: true })).data.setTenantConfig).toEqual({
      key: 'branding',
      value,
      isPublic: true,
    });
    await set({ key: 'a.flag', value: false, isPublic: true });
    const shown = [
      { key: 'a.flag', value: false },
      { key: 'branding', value },
    ];
    expect(await read()).toEqual(shown);
    const { data } = await fleet.graphql(
      'mutation { enterTenant(tenantKey: "acme01", reason: "Support") { accessToken } }',
      { token: manager },
    );
    expect(await read(data.enterTenant.accessToken)).toEqual(shown);
    expect(await read((await fleet.signIn('beta02')).accessToken)).toEqual([]);
    await removeAll();
  });

  it('keeps its value when only its visibility changes, and its visibility when only its value does', async () => {
    await set({ key: 'theme', value: 'dark', isPublic: true });
    await set({ key: 'theme', value: 'light' });
    expect(await read()).toEqual([{ key: 'theme', value: 'light' }]);
    expect((await set({ key: 'theme', isPublic: false })).data.setTenantConfig).toEqual({
      key: 'theme',
      value: 'light',
      isPublic: false,
    });
    expect(await read()).toEqual([]);
    await set({ key: 'theme', isPublic: true });
    expect(await read()).toEqual([{ key: 'theme', value: 'light' }]);
    await set({ key: 'theme', value: null });
    expect(await read()).toEqual([]);
  });

  it('is not made by its visibility alone', async () => {
    expect((await set({ key: 'absent', isPublic: true })).codes).toEqual(['NOT_FOUND']);
  });

  it('is recorded with its visibility, and without its value', async () => {
    await set({ key: 'recorded', value: 'hidden words', isPublic: true });
    await set({ key: 'recorded', value: null });
    const records = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'tenant.set_config', changes: { path: ['recorded'], not: 'null' } },
      orderBy: { createdAt: 'asc' },
    });
    expect(records.map(({ changes }) => changes)).toEqual([
      { recorded: { before: null, after: 'set' }, isPublic: { before: false, after: true } },
      { recorded: { before: 'set', after: null }, isPublic: { before: true, after: false } },
    ]);
    expect(JSON.stringify(records)).not.toContain('hidden words');
  });

  it('is never public when it is the platform’s own', async () => {
    const key = 'provisioning.first_administrator';
    expect((await set({ key, isPublic: true })).codes).toEqual(['VALIDATION_FAILED']);
    await expect(
      fleet.tools.central.tenantConfig.updateMany({ where: { configKey: key }, data: { isPublic: true } }),
    ).rejects.toThrow('tenant_configs_platform_is_private');
  });

  it('is refused as public when all public ones together would be more than 16 KiB', async () => {
    const half = 'x'.repeat(8_000);
    expect((await set({ key: 'one', value: half, isPublic: true })).codes).toEqual([]);
    expect((await set({ key: 'two', value: half, isPublic: true })).codes).toEqual([]);
    expect((await set({ key: 'private', value: half })).codes).toEqual([]);
    for (const [blamed, tooMuch] of [
      ['isPublic', { key: 'private', isPublic: true }],
      ['value', { key: 'two', value: `${half}${half}` }],
      ['value', { key: 'three', value: '가'.repeat(200), isPublic: true }],
    ] as const) {
      const { codes, errors } = await set(tooMuch);
      expect(codes).toEqual(['VALIDATION_FAILED']);
      expect(errors[0]?.extensions.fields).toMatchObject([{ path: [blamed] }]);
    }
    expect(await read()).toEqual([
      { key: 'one', value: half },
      { key: 'two', value: half },
    ]);
    await removeAll();
  });

  it('is set by no user, and shows a user nothing of the managers’ own list', async () => {
    const asUser = { graphql: fleet.graphql, token: (await fleet.signIn('acme01')).accessToken };
    expect((await set({ key: 'mine', value: 1, isPublic: true }, asUser)).codes).toEqual(['FORBIDDEN']);
    const { codes } = await fleet.graphql('{ tenantConfigs(tenantKey: "acme01") { key } }', asUser);
    expect(codes).toEqual(['FORBIDDEN']);
  });
});

describeWithRedis('with another process', (redis) => {
  it('a change is seen there too, without waiting for what it remembers to grow old', async () => {
    const shared = await createTestFleet({ REDIS_URL: redis.url, TENANT_DIRECTORY_CACHE_TTL: '3600' });
    try {
      await shared.provision('acme01');
      const { graphql: there } = shared.startApp();
      const here = { graphql: shared.graphql, token: (await shared.signInManager()).accessToken };
      const { accessToken } = await shared.signIn('acme01');
      expect(await read(accessToken, there)).toEqual([]);
      for (const value of ['dark', 'light']) {
        await set({ key: 'theme', value, isPublic: true }, here);
        await vi.waitFor(async () =>
          expect(await read(accessToken, there)).toEqual([{ key: 'theme', value }]),
        );
      }
      await set({ key: 'theme', isPublic: false }, here);
      await vi.waitFor(async () => expect(await read(accessToken, there)).toEqual([]));
    } finally {
      await shared.close();
    }
  });
});
