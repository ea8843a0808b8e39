import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { getQuery } from '../support/get-query.ts';
import { addManager } from '../support/people.ts';
import { administratorRoleId, openSession } from '../support/sessions.ts';
import { accessClaims, signToken } from '../support/tokens.ts';

/** Two tenants that differ in nothing but names: not in the ids of their people, and not in their version. */
const tenantKeys = ['acme01', 'beta02'] as const;
const kim = randomUUID();
const lee = randomUUID();
const version = randomUUID();

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, beta] = await Promise.all([seedTenant(tenantKeys[0]), seedTenant(tenantKeys[1])]);
});
afterAll(() => fleet.close());

async function seedTenant(tenantKey: string): Promise<TestTenant> {
  const tenant = await fleet.provision(tenantKey);
  const roleId = await administratorRoleId(tenant);
  for (const [username, id] of [
    ['kim', kim],
    ['lee', lee],
  ] as const) {
    const fullName = `${username} of ${tenantKey}`;
    const email = `${username}@${tenantKey}.example`;
    await tenant.db.user.create({ data: { id, username, email, fullName, roleId, passwordHash: 'none' } });
    await openSession(tenant.db, id);
  }
  await tenant.runAsOwner(`UPDATE sys.data_versions SET version = '${version}'`);
  return tenant;
}

const tokenOf = (tenantKey: string, userId: string, changes: object = {}) =>
  signToken({ ...accessClaims(tenantKey, userId), ...changes }, fleet.secretKey);

/** Asks twice, so that the second answer comes from the cache if any does. */
async function askTwice(query: string, token: string, headers: Readonly<Record<string, string>> = {}) {
  await fleet.graphql(query, { token, headers });
  return fleet.graphql(query, { token, headers });
}

describe('a cached answer', () => {
  const who = '{ me { fullName } users(search: "kim") { edges { node { fullName } } } }';

  it('is shown in no other tenant, be the people and the version the same', async () => {
    for (const { tenantKey, db } of [acme, beta]) {
      expect(await db.dataVersion.findMany({ select: { version: true } })).toEqual([{ version }]);
      const { data } = await askTwice(who, await tokenOf(tenantKey, kim));
      const fullName = `kim of ${tenantKey}`;
      expect(data).toEqual({ me: { fullName }, users: { edges: [{ node: { fullName } }] } });
    }
  });

  it('is shown to nobody else', async () => {
    for (const [name, id] of Object.entries({ kim, lee })) {
      const { data } = await askTwice('{ me { fullName } }', await tokenOf('acme01', id));
      expect(data.me.fullName).toBe(`${name} of acme01`);
    }
    const { data } = await askTwice('{ me { fullName } }', (await addManager(fleet, 'acme01')).token);
    expect(data).toEqual({ me: null });
  });

  it('is not shown to the same person with fewer permissions', async () => {
    const query = '{ users { edges { node { id } } } }';
    expect((await askTwice(query, await tokenOf('acme01', kim))).codes).toEqual([]);
    const restricted = await tokenOf('acme01', kim, { permissions: ['roles:read'] });
    expect((await askTwice(query, restricted)).codes).toEqual(['FORBIDDEN']);
  });

  it('is shown in no session that has ended', async () => {
    const token = await tokenOf('beta02', lee);
    const { graphql } = fleet.startApp({ SESSION_CACHE_TTL: '1' });
    expect((await graphql(who, { token })).codes).toEqual([]);
    const before = await beta.db.dataVersion.findMany();
    await beta.db.session.update({ where: { id: lee }, data: { revokedAt: new Date() } });
    await vi.waitFor(async () => {
      const { data, codes } = await graphql(who, { token });
      expect({ data, codes }).toEqual({
        data: { me: null, users: null },
        codes: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
      });
    }, 5_000);
    expect(await beta.db.dataVersion.findMany()).toEqual(before);
  });

  it('is confirmed to nobody else by its entity tag', async () => {
    const query = '{ branches { edges { node { id } } } }';
    const etag = (await getQuery(fleet.app, query, await tokenOf('acme01', kim))).headers.get('etag') ?? '';
    const ask = async (token: string) =>
      (await getQuery(fleet.app, query, token, { 'if-none-match': etag })).status;
    expect(await ask(await tokenOf('acme01', kim))).toBe(304);
    expect(await ask(await tokenOf('acme01', lee))).toBe(200);
    expect(await ask(await tokenOf('acme01', kim, { permissions: ['branches:read'] }))).toBe(200);
  });

  it('is shown in no suspended tenant', async () => {
    const token = await tokenOf('beta02', kim);
    expect((await askTwice(who, token)).codes).toEqual([]);
    const suspended = { status: 'suspended', isActive: false } as const;
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'beta02' }, data: suspended });
    await fleet.tools.invalidate('beta02');
    expect((await askTwice(who, token)).codes).toEqual(['TENANT_SUSPENDED', 'TENANT_SUSPENDED']);
  });
});
