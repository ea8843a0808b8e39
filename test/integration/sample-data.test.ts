import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeSampleTenant } from '../../scripts/support/sample-data/sample-tenant.ts';
import {
  type SampleDataOptions,
  writeSampleData,
} from '../../scripts/support/sample-data/write-sample-data.ts';
import { ensureDemoManager, hasOtherAccounts } from '../../tools/support/demo-manager.ts';
import { demoAuthor, ensureDemoTenants } from '../../tools/support/demo-tenants.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

describe('sample data', () => {
  let fleet: TestFleet;
  let first: TestTenant;
  let second: TestTenant;
  let english: TestTenant;
  let report: Awaited<ReturnType<typeof writeSampleData>>;

  const options = async ({ tenantKey }: TestTenant): Promise<SampleDataOptions> => ({
    users: 30,
    seed: 7,
    locale: 'ko',
    ...(await describeSampleTenant(fleet.tools, tenantKey)),
    maxUsers: undefined,
  });

  beforeAll(async () => {
    fleet = await createTestFleet();
    [first, second, english] = await Promise.all([
      fleet.provision('first1'),
      fleet.provision('second1'),
      fleet.provision('english1'),
    ]);
    [report] = await Promise.all([
      writeSampleData(first.db, await options(first)),
      writeSampleData(second.db, await options(second)),
      writeSampleData(english.db, { ...(await options(english)), locale: 'en' }),
    ]);
  });
  afterAll(() => fleet.close());

  const rowsOf = async ({ db }: TestTenant) => ({
    users: await db.user.findMany({
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
    }),
    customers: await db.customer.findMany({ orderBy: { id: 'asc' } }),
    moves: await db.dealMove.findMany({
      orderBy: { id: 'asc' },
      select: { id: true, dealId: true, movedAt: true, secondsInStage: true },
    }),
    leave: await db.leaveRequest.findMany({
      orderBy: { id: 'asc' },
      select: { id: true, employeeId: true, startsOn: true, endsOn: true, days: true, status: true },
    }),
    attendance: await db.attendanceRecord.findMany({
      orderBy: { id: 'asc' },
      select: { id: true, clockedInAt: true, clockedOutAt: true },
    }),
  });

  const ask = async ({ tenantKey }: TestTenant, query: string) => {
    const { accessToken: token } = await fleet.signIn(tenantKey);
    const { data, errors } = await fleet.graphql(query, { token });
    expect(errors).toEqual([]);
    return data;
  };

  it('has rows in all three areas, the same for the same seed', async () => {
    for (const count of Object.values(report)) expect(count).toBeGreaterThan(0);
    expect(report).toMatchObject({ users: 30, employees: 30, customers: 30 });
    expect(await rowsOf(first)).toEqual(await rowsOf(second));
  });

  it('is written once', async () => {
    const again = await writeSampleData(first.db, await options(first));
    expect(new Set(Object.values(again))).toEqual(new Set([0]));
  });

  it('is written beside that of another seed', async () => {
    const other = await writeSampleData(second.db, { ...(await options(second)), seed: 8 });
    expect(other).toMatchObject({ departments: 0, branches: 0, roles: 0, customers: 30 });
    expect(other.employees).toBe(other.users);
  });

  it('is in Korean with --locale ko: 김 finds people, customers and contacts', async () => {
    const data = await ask(
      first,
      `{ users(search: "김") { pageInfo { totalCount } }
         contacts(search: "김") { pageInfo { totalCount } }
         employees(search: "김") { pageInfo { totalCount } }
         customers(search: "㈜") { pageInfo { totalCount } edges { node { businessNumber phone address } } }
         departments(search: "국내영업팀") { edges { node { parent { name parent { name } } } } } }`,
    );
    for (const list of ['users', 'contacts', 'employees', 'customers']) {
      expect(data[list].pageInfo.totalCount, list).toBeGreaterThan(2);
    }
    expect(data.departments.edges[0].node.parent).toEqual({
      name: '영업본부',
      parent: { name: '경영지원본부' },
    });
  });

  it('is in English with --locale en, with a few people named John', async () => {
    const data = await ask(
      english,
      `{ users(search: "john") { pageInfo { totalCount } }
         departments(search: "Sales Korea") { edges { node { parent { name parent { name } } } } } }`,
    );
    expect(data.users.pageInfo.totalCount).toBeGreaterThanOrEqual(3);
    expect(data.departments.edges[0].node.parent).toEqual({ name: 'Sales', parent: { name: 'Management' } });
  });

  it.each([
    ['customers', 'Customer', '{ name phone email website address industry }'],
    ['contacts', 'Contact', '{ name title email phone }'],
    ['employees', 'Employee', '{ name position }'],
  ])('holds what the API itself would take: %s', async (list, type, fields) => {
    const found = await ask(first, `{ ${list}(first: 30) { edges { node { id ${fields.slice(1)} } } }`);
    const verb = `update${type}`;
    for (const { node } of found[list].edges) {
      const { id, ...input } = node;
      const { accessToken: token } = await fleet.signIn('first1');
      if (type === 'Employee') delete input.position;
      const { errors } = await fleet.graphql(
        `mutation ($id: ID!, $input: ${type}UpdateInput!) { ${verb}(${list.slice(0, -1)}Id: $id, input: $input) { id } }`,
        { token, variables: { id, input } },
      );
      expect(errors).toEqual([]);
    }
  });

  it('has personal data that opens for whoever may read it, and numbers that nobody has', async () => {
    const data = await ask(
      first,
      '{ employees(first: 30) { edges { node { personal { isMasked birthDate residentNumber bankAccount } } } } }',
    );
    for (const { node } of data.employees.edges) {
      expect(node.personal).toMatchObject({
        isMasked: false,
        residentNumber: expect.stringMatching(/^\d{6}-[1-4]\d{6}$/),
        bankAccount: expect.stringMatching(/은행 /),
      });
    }
    const { edges } = (await ask(first, '{ customers(first: 30) { edges { node { businessNumber } } } }'))
      .customers;
    const numbers = edges.flatMap(
      ({ node }: { node: { businessNumber: string | null } }) => node.businessNumber ?? [],
    );
    expect(numbers.length).toBeGreaterThan(10);
    for (const number of numbers) expect(number).toMatch(/^\d{3}-?00-?\d{5}$/);
  });

  it('shows a sales summary, this month’s attendance and leave at once', async () => {
    const month = Temporal.Now.plainDateISO('Asia/Seoul').subtract({ days: 3 }).toString().slice(0, 7);
    const data = await ask(
      first,
      `{ pipelines { edges { node { uuid } } }
         attendanceSummary(month: "${month}") { workedMinutes }
         leaveRequests { edges { node { status } } } }`,
    );
    const pipelineId = data.pipelines.edges[0].node.uuid;
    const { pipelineSummary } = await ask(
      first,
      `{ pipelineSummary(pipelineId: "${pipelineId}") { stages { totals { count } } } }`,
    );
    expect(pipelineSummary.stages.some(({ totals }: { totals: unknown[] }) => totals.length > 0)).toBe(true);
    expect(data.leaveRequests.edges.length).toBeGreaterThan(0);
    expect(JSON.stringify(data.attendanceSummary)).toMatch(/"workedMinutes":\d{3}/);
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
