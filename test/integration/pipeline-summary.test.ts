import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import { readDay } from '../../src/db/days.ts';
import { Prisma } from '../../src/generated/tenant/client.ts';
import { summaryStatement } from '../../src/modules/pipeline-summary/pipeline-summary.service.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let other: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, other] = [await fleet.provision('acme01'), await fleet.provision('bolt01')];
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

interface StageTotal {
  readonly currency: string;
  readonly count: number;
  readonly amount: string;
  readonly weightedAmount: string;
}

interface Summary {
  readonly stages: readonly { readonly stage: { readonly uuid: string }; readonly totals: StageTotal[] }[];
  readonly months: readonly Readonly<Record<string, unknown>>[];
}

const ask = (variables: Readonly<Record<string, unknown>>, { token } = admin) =>
  fleet.graphql(
    `query ($id: ID, $from: Date, $to: Date, $ownerId: ID) {
      pipelineSummary(pipelineId: $id, from: $from, to: $to, ownerId: $ownerId) {
        pipeline { code }
        stages { stage { uuid } totals { currency count amount weightedAmount } }
        months { month currency wonCount wonAmount lostCount lostAmount }
      }
    }`,
    { token, variables },
  );

async function summary(variables: Readonly<Record<string, unknown>>, by = admin): Promise<Summary> {
  const { data, errors } = await ask(variables, by);
  expect(errors).toEqual([]);
  return data.pipelineSummary;
}

const totalsOf = ({ stages }: Summary, id: string) => stages.find(({ stage }) => stage.uuid === id)?.totals;

/** A pipeline with one stage of each outcome. */
async function addPipeline({ db }: TestTenant) {
  const pipelineId = await addRow(db, 'Pipeline');
  const stage = (position: number, outcome: string, probability: number) =>
    addRow(db, 'Stage', { pipelineId, position, outcome, probability });
  return {
    pipelineId,
    open: await stage(0, 'OPEN', 33),
    won: await stage(1, 'WON', 100),
    lost: await stage(2, 'LOST', 0),
  };
}

describe('the summary of a pipeline', () => {
  it('is exact in every currency, whatever the size of the amounts, and counts deals without one', async () => {
    const { pipelineId, open, won, lost } = await addPipeline(acme);
    const foreign = await addPipeline(other);
    const customerId = await addRow(acme.db, 'Customer');
    const amounts = ['999999999999999.9999', '999999999999999.9999', '0.0001', null];
    const rows = ['KRW', 'USD'].flatMap((currency) => amounts.map((amount) => ({ currency, amount })));
    await acme.db.deal.createMany({
      data: rows.map((row, index) => ({ ...row, title: `D${index}`, customerId, stageId: open })),
    });
    await addRow(acme.db, 'Deal', { stageId: open, amount: '5', deletedAt: new Date() });
    await addRow(acme.db, 'Deal', { amount: '5' });
    await addRow(other.db, 'Deal', { stageId: foreign.open, amount: '7' });
    const sum = amounts.reduce(
      (total, amount) => total.plus(amount ?? 0),
      new (Prisma.Decimal.clone({ precision: 60 }))(0),
    );
    const total = { count: 4, amount: sum.toFixed(), weightedAmount: sum.times(33).div(100).toFixed() };
    expect(total.amount).toBe('1999999999999999.9999');
    const { stages, months } = await summary({ id: pipelineId });
    expect(stages).toEqual([
      {
        stage: { uuid: open },
        totals: [
          { currency: 'KRW', ...total },
          { currency: 'USD', ...total },
        ],
      },
      { stage: { uuid: won }, totals: [] },
      { stage: { uuid: lost }, totals: [] },
    ]);
    expect(months).toEqual([]);
  });

  it('has what was won and lost by the months of the tenant’s time zone', async () => {
    const { pipelineId, won, lost } = await addPipeline(acme);
    const close = (stageId: string, closedAt: string, amount: string | null, currency = 'KRW') =>
      addRow(acme.db, 'Deal', { stageId, closedAt: new Date(closedAt), amount, currency });
    // In Korea, it is nine hours later.
    await close(won, '2026-01-31T14:59:59.999Z', '10.5');
    await close(won, '2026-01-31T15:00:00Z', '20');
    await close(lost, '2026-02-10T00:00:00Z', null);
    await close(lost, '2026-02-11T00:00:00Z', '0.0001');
    await close(won, '2026-02-12T00:00:00Z', '3', 'USD');
    const none = { wonCount: 0, wonAmount: '0', lostCount: 0, lostAmount: '0' };
    const january = { month: '2026-01-01', currency: 'KRW', ...none, wonCount: 1, wonAmount: '10.5' };
    const february = [
      {
        month: '2026-02-01',
        currency: 'KRW',
        wonCount: 1,
        wonAmount: '20',
        lostCount: 2,
        lostAmount: '0.0001',
      },
      { month: '2026-02-01', currency: 'USD', ...none, wonCount: 1, wonAmount: '3' },
    ];
    expect((await summary({ id: pipelineId })).months).toEqual([january, ...february]);
    expect((await summary({ id: pipelineId, from: '2026-02-01' })).months).toEqual(february);
    const first = await summary({ id: pipelineId, to: '2026-01-31' });
    expect(first.months).toEqual([january]);
    expect(totalsOf(first, won)).toMatchObject([{ currency: 'KRW', count: 1, amount: '10.5' }]);

    // Also for an answer that is remembered: the setting is no row of the tenant's.
    const manager = await fleet.signInManager();
    const set = await fleet.graphql(
      'mutation { setTenantConfig(tenantKey: "acme01", key: "timezone", value: "UTC", isPublic: true) { key } }',
      { token: manager.accessToken },
    );
    expect(set.errors).toEqual([]);
    expect((await summary({ id: pipelineId })).months[0]).toEqual({
      ...january,
      wonCount: 2,
      wonAmount: '30.5',
    });
    await fleet.graphql(
      'mutation { setTenantConfig(tenantKey: "acme01", key: "timezone", value: null) { key } }',
      {
        token: manager.accessToken,
      },
    );
  });

  it('has open deals by the day on which they are expected to close', async () => {
    const { pipelineId, open } = await addPipeline(acme);
    for (const [day, amount] of [
      ['2026-03-01', '1'],
      ['2026-03-31', '10'],
      ['2026-04-01', '100'],
      [null, '1000'],
    ] as const) {
      const expectedCloseOn = day === null ? null : readDay(day);
      await addRow(acme.db, 'Deal', { stageId: open, amount, expectedCloseOn });
    }
    const amountIn = async (range: object) =>
      totalsOf(await summary({ id: pipelineId, ...range }), open)?.[0]?.amount;
    expect(await amountIn({})).toBe('1111');
    expect(await amountIn({ from: '2026-03-01', to: '2026-03-31' })).toBe('11');
    expect(await amountIn({ from: '2026-03-02' })).toBe('110');
    const { errors } = await ask({ id: pipelineId, from: '2026-03-02', to: '2026-03-01' });
    expect(errors[0]?.extensions).toMatchObject({ fields: [{ path: ['to'], reason: 'OUT_OF_RANGE' }] });
  });

  it('counts the deals that exist for its viewer, those that the list of deals shows them', async () => {
    const { pipelineId, open } = await addPipeline(acme);
    const departmentId = await addRow(acme.db, 'Department');
    const colleague = await addRow(acme.db, 'User', { departmentId });
    const viewers = {
      OWN: await addScopedPerson(fleet, acme, { 'deals:read': 'OWN' }, { departmentId }),
      DEPARTMENT: await addScopedPerson(fleet, acme, { 'deals:read': 'DEPARTMENT' }, { departmentId }),
      ALL: await addScopedPerson(fleet, acme, { 'deals:read': 'ALL' }, { departmentId }),
    };
    const owners = [viewers.OWN.id, viewers.DEPARTMENT.id, colleague, admin.id, null];
    for (const [index, ownerId] of owners.entries()) {
      await addRow(acme.db, 'Deal', { stageId: open, ownerId, amount: 10 ** index });
    }
    const seen = async (by: Person, ownerId: string | null = null) =>
      totalsOf(await summary({ id: pipelineId, ownerId }, by), open)?.[0]?.amount;
    expect(await seen(viewers.OWN)).toBe('1');
    expect(await seen(viewers.DEPARTMENT)).toBe('111');
    expect(await seen(viewers.ALL)).toBe('11111');
    expect(await seen(await addManager(fleet, 'acme01'))).toBe('11111');
    expect(await seen(viewers.DEPARTMENT, colleague)).toBe('100');
    expect(await seen(viewers.DEPARTMENT, admin.id)).toBeUndefined();
    for (const viewer of Object.values(viewers)) {
      const { data } = await fleet.graphql(
        'query ($id: ID!) { deals(stageId: $id) { edges { node { amount } } } }',
        { token: viewer.token, variables: { id: open } },
      );
      const listed: readonly { node: { amount: string } }[] = data.deals.edges;
      const sum = listed.reduce((total, { node }) => total.plus(node.amount), new Prisma.Decimal(0));
      expect(sum.toFixed()).toBe(await seen(viewer));
    }
    const nobody = await addScopedPerson(fleet, acme, { 'customers:read': 'ALL' });
    expect((await ask({ id: pipelineId }, nobody)).codes).toEqual(['FORBIDDEN']);
  });

  it('is that of the default pipeline when none is named, and null for one that is not there', async () => {
    const { data } = await ask({});
    expect(data.pipelineSummary.pipeline).toEqual({ code: 'SALES' });
    const foreign = await addPipeline(other);
    expect((await ask({ id: foreign.pipelineId })).data).toEqual({ pipelineSummary: null });
  });

  it('is another one as soon as a deal has changed', async () => {
    const { pipelineId, open } = await addPipeline(acme);
    const id = await addRow(acme.db, 'Deal', { stageId: open, amount: '1' });
    const before = await summary({ id: pipelineId });
    expect(await summary({ id: pipelineId })).toEqual(before);
    await acme.db.deal.update({ where: { id }, data: { amount: '2' } });
    expect(totalsOf(await summary({ id: pipelineId }), open)?.[0]?.amount).toBe('2');
  });
});

describe('among 10,000 deals', () => {
  it('the summary of one pipeline, or of one’s own deals, reads no others', async () => {
    const { pipelineId, open } = await addPipeline(acme);
    const large = await addPipeline(acme);
    const customerId = await addRow(acme.db, 'Customer');
    const insert = (stageId: string, from: number, to: number, ownerId: string | null) =>
      acme.db.$executeRaw`
        INSERT INTO crm.deals (id, title, customer_id, stage_id, owner_id, amount)
        SELECT gen_random_uuid(), 'D' || n, ${customerId}::uuid, ${stageId}::uuid, ${ownerId}::uuid, n
        FROM generate_series(${from}::int, ${to}::int) AS n`;
    await insert(large.open, 1, 9_700, null);
    await insert(large.open, 9_701, 9_800, admin.id);
    await insert(open, 9_801, 10_000, null);
    await acme.runAsOwner('ANALYZE "crm"."deals"');
    const viewer: Viewer = {
      userId: admin.id,
      username: admin.username,
      sessionId: admin.id,
      role: 'tenant_user',
      tenantKey: acme.tenantKey,
      permissions: new Set(['deals:read']),
      reach: { scopes: new Map([['deals:read', 'OWN']]), colleagueIds: [], headedIds: [] },
    };
    const filter = { from: null, to: null, ownerId: null, timeZone: 'Asia/Seoul' };
    const planOf = async (of: Viewer, id: string) => {
      const statement = summaryStatement(of, { ...filter, pipelineId: id });
      return JSON.stringify(await acme.db.$queryRaw(Prisma.sql`EXPLAIN (FORMAT JSON) ${statement}`));
    };
    const everything: Viewer = { ...viewer, role: 'manager' };
    for (const plan of [await planOf(everything, pipelineId), await planOf(viewer, large.pipelineId)]) {
      expect(plan).toContain('deals');
      expect(plan).not.toMatch(/"Seq Scan"[^}]*"Relation Name": "deals"/);
    }
    expect(totalsOf(await summary({ id: large.pipelineId }), large.open)).toMatchObject([{ count: 9_800 }]);
  });
});
