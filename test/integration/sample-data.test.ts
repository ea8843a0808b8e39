import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleData } from '../../scripts/support/sample-data.ts';
import { ensureDemoManager, hasOtherAccounts } from '../../tools/support/demo-manager.ts';
import { demoAuthor, ensureDemoTenants } from '../../tools/support/demo-tenants.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

describe('sample data', () => {
  let fleet: TestFleet;
  let first: TestTenant;
  let second: TestTenant;

  beforeAll(async () => {
    fleet = await createTestFleet();
    [first, second] = await Promise.all([fleet.provision('first1'), fleet.provision('second1')]);
  });
  afterAll(() => fleet.close());

  const peopleOf = ({ db }: TestTenant) =>
    db.user.findMany({
      where: { username: { not: 'admin' } },
      orderBy: { id: 'asc' },
      select: {
        id: true,
        username: true,
        email: true,
        fullName: true,
        departmentId: true,
        position: true,
        createdAt: true,
      },
    });

  it('is the same for the same seed, and written once', async () => {
    const options = { users: 30, seed: 7 };
    await Promise.all([writeSampleData(first.db, options), writeSampleData(second.db, options)]);
    expect(await peopleOf(first)).toHaveLength(30);
    expect(await peopleOf(first)).toEqual(await peopleOf(second));
    expect(await writeSampleData(first.db, options)).toEqual({
      departments: 0,
      branches: 0,
      roles: 0,
      users: 0,
    });
  });

  it('has a few people named John, and a tree of departments', async () => {
    const { accessToken: token } = await fleet.signIn('first1');
    const { data } = await fleet.graphql(
      '{ users(search: "john") { pageInfo { totalCount } } departments(search: "Sales Korea") { edges { node { parent { name parent { name } } } } } }',
      { token },
    );
    expect(data.users.pageInfo.totalCount).toBeGreaterThanOrEqual(3);
    expect(data.departments.edges[0].node.parent).toEqual({ name: 'Sales', parent: { name: 'Management' } });
  });
});

describe('the demo', () => {
  let fleet: TestFleet;

  beforeAll(async () => {
    fleet = await createTestFleet();
  });
  afterAll(() => fleet.close());

  it('adds nobody to tenants of the same keys that somebody else has made', async () => {
    const [acme, beta] = await Promise.all([fleet.provision('acme01'), fleet.provision('beta02')]);
    await ensureDemoTenants(fleet.tools);
    for (const { db } of [acme, beta]) {
      expect(await db.user.findMany({ select: { username: true } })).toEqual([{ username: 'admin' }]);
    }
    expect(await hasOtherAccounts(fleet.tools.central)).toBe(true);
  });

  it('knows a platform where only it is, and one with a manager of its own', async () => {
    const { central } = fleet.tools;
    await central.tenant.updateMany({ data: { createdBy: demoAuthor } });
    await ensureDemoManager({ central, invalidateManagers: async () => {} });
    expect(await hasOtherAccounts(central)).toBe(false);
    await fleet.signInManager('somebody');
    expect(await hasOtherAccounts(central)).toBe(true);
  });
});
