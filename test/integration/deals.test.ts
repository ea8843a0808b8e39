import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let other: TestTenant;
let admin: Person;
/** Stages of one pipeline, and one of another. */
let stages: Readonly<Record<'first' | 'second' | 'won' | 'lost' | 'lostToo' | 'elsewhere', string>>;
let pipelineId: string;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  [acme, other] = [await fleet.provision('acme01'), await fleet.provision('bolt01')];
  admin = await addAdministrator(fleet, acme);
  pipelineId = await addRow(acme.db, 'Pipeline');
  const stage = (position: number, outcome = 'OPEN') =>
    addRow(acme.db, 'Stage', { pipelineId, position, outcome });
  stages = {
    first: await stage(0),
    second: await stage(1),
    won: await stage(2, 'WON'),
    lost: await stage(3, 'LOST'),
    lostToo: await stage(4, 'LOST'),
    elsewhere: await addRow(acme.db, 'Stage'),
  };
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>, { token } = admin) =>
  fleet.graphql(query, { token, variables });

const addDeal = (stageId: string, more: object = {}) => addRow(acme.db, 'Deal', { stageId, ...more });

const move = (id: string, stageId: string, more: object = {}, by = admin) =>
  ask(
    `mutation ($id: ID!, $stageId: ID!, $reason: String, $expected: DateTime) {
      answer: moveDeal(dealId: $id, stageId: $stageId, reason: $reason, expectedUpdatedAt: $expected) {
        updatedAt closedAt lostReason
      }
    }`,
    { id, stageId, ...more },
    by,
  );

const errorOf = async (answer: ReturnType<typeof ask>) => (await answer).errors[0]?.extensions;

const stored = (id: string) => acme.db.deal.findUniqueOrThrow({ where: { id } });

const movesOf = (dealId: string) =>
  acme.db.dealMove.findMany({
    where: { dealId },
    orderBy: { movedAt: 'desc' },
    select: { fromStageId: true, toStageId: true, reason: true, secondsInStage: true, movedBy: true },
  });

describe('every tenant', () => {
  it('begins with a default pipeline, whose stages are in order and end with won and lost', async () => {
    for (const tenant of [acme, other]) {
      const { token } = await addAdministrator(fleet, tenant);
      const { data, errors } = await fleet.graphql(
        '{ pipelines(isDefault: true) { edges { node { code stages { edges { node { code probability outcome } } } } } } }',
        { token },
      );
      expect(errors).toEqual([]);
      const [{ node }] = data.pipelines.edges;
      expect(node.code).toBe('SALES');
      expect(node.stages.edges.map(({ node: stage }: { node: object }) => Object.values(stage))).toEqual([
        ['NEW', 10, 'OPEN'],
        ['CONSULTATION', 25, 'OPEN'],
        ['PROPOSAL', 50, 'OPEN'],
        ['NEGOTIATION', 75, 'OPEN'],
        ['WON', 100, 'WON'],
        ['LOST', 0, 'LOST'],
      ]);
    }
  });
});

describe('a new deal', () => {
  const create = async (input: object) =>
    ask(
      `mutation ($input: DealCreateInput!) {
        answer: createDeal(input: $input) {
          uuid stage { code } closedAt stageEnteredAt
          moves { fromStage { code } toStage { code } movedAt durationSeconds movedBy { username } }
        }
      }`,
      { input: { title: 'T', customerId: await addRow(acme.db, 'Customer'), ...input } },
    );

  it('begins in the first open stage of the default pipeline, which is the first step of its history', async () => {
    const { data, errors } = await create({});
    expect(errors).toEqual([]);
    const { uuid: _uuid, ...deal } = data.answer;
    expect(deal).toEqual({
      stage: { code: 'NEW' },
      closedAt: null,
      stageEnteredAt: expect.any(String),
      moves: [
        {
          fromStage: null,
          toStage: { code: 'NEW' },
          movedAt: deal.stageEnteredAt,
          durationSeconds: 0,
          movedBy: { username: admin.username },
        },
      ],
    });
  });

  it('begins in the stage that it names, which is open', async () => {
    const { data } = await create({ stageId: stages.second });
    expect((await stored(data.answer.uuid)).stageId).toBe(stages.second);
    for (const stageId of [stages.won, stages.lost]) {
      expect(await errorOf(create({ stageId }))).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'stageId'], reason: 'INVALID_VALUE' }],
      });
    }
  });

  it('needs a stage when no default pipeline has an open one', async () => {
    await acme.db.pipeline.updateMany({ where: { isDefault: true }, data: { deletedAt: new Date() } });
    const error = await errorOf(create({}));
    await acme.db.pipeline.updateMany({ where: { isDefault: true }, data: { deletedAt: null } });
    expect(error).toMatchObject({
      fields: [
        {
          path: ['input', 'stageId'],
          reason: 'REQUIRED',
          message: 'Choose a stage: no default pipeline has an open one.',
        },
      ],
    });
  });
});

describe('a move', () => {
  it('records the step, the time spent and who made it, newest first', async () => {
    const id = await addDeal(stages.first, { stageEnteredAt: new Date(Date.now() - 90_000) });
    expect((await move(id, stages.second, { reason: ' They asked for a meeting. ' })).errors).toEqual([]);
    await move(id, stages.elsewhere);
    const moves = await movesOf(id);
    expect(moves).toMatchObject([
      { fromStageId: stages.second, toStageId: stages.elsewhere, reason: null, movedBy: admin.id },
      { fromStageId: stages.first, toStageId: stages.second, reason: 'They asked for a meeting.' },
    ]);
    expect(moves[1]?.secondsInStage).toBeGreaterThanOrEqual(89);
    expect(moves[1]?.secondsInStage).toBeLessThan(150);
    expect(moves[0]?.secondsInStage).toBeLessThan(30);
    const { data } = await ask(
      'query ($id: ID!) { deal(dealId: $id) { stageEnteredAt moves(first: 1) { movedAt toStage { uuid } } } }',
      { id },
    );
    expect(data.deal.moves).toEqual([
      { movedAt: data.deal.stageEnteredAt, toStage: { uuid: stages.elsewhere } },
    ]);
  });

  it('is on record as what it changes', async () => {
    const id = await addDeal(stages.first);
    await move(id, stages.lost, { reason: 'Too dear' });
    const records = await acme.db.auditRecord.findMany({ where: { entityId: id } });
    expect(records).toMatchObject([
      {
        action: 'deal.move',
        entityType: 'Deal',
        changes: {
          stageId: { before: stages.first, after: stages.lost },
          closedAt: { before: null, after: expect.any(String) },
          lostReason: { before: null, after: 'Too dear' },
        },
      },
    ]);
  });

  it('to where the deal is changes nothing and leaves no trace', async () => {
    const id = await addDeal(stages.first);
    const before = await stored(id);
    const { data } = await move(id, stages.first, { reason: 'R' });
    expect(data.answer).toMatchObject({ updatedAt: before.updatedAt.toISOString() });
    expect(await stored(id)).toEqual(before);
    expect(await movesOf(id)).toEqual([]);
    expect(await acme.db.auditRecord.count({ where: { entityId: id } })).toBe(0);
  });

  it('closes a deal that is won or lost, and is only lost with a reason', async () => {
    const id = await addDeal(stages.first);
    for (const reason of [undefined, null, '  ']) {
      expect(await errorOf(move(id, stages.lost, { reason }))).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['reason'], reason: 'REQUIRED' }],
      });
    }
    expect((await stored(id)).stageId).toBe(stages.first);
    const { data } = await move(id, stages.lost, { reason: 'Too dear' });
    expect(data.answer).toMatchObject({ closedAt: expect.any(String), lostReason: 'Too dear' });
    // Still lost, since then.
    const again = await move(id, stages.lostToo, { reason: 'Bought elsewhere' });
    expect(again.data.answer).toMatchObject({
      closedAt: data.answer.closedAt,
      lostReason: 'Bought elsewhere',
    });
    const won = await move(id, stages.won);
    expect(won.data.answer.lostReason).toBeNull();
    expect(won.data.answer.closedAt > data.answer.closedAt).toBe(true);
    expect((await move(id, stages.first)).data.answer).toMatchObject({ closedAt: null, lostReason: null });
  });

  it('reopens a closed deal for whoever may do that for its owner’s deals, and for nobody else', async () => {
    const write = { 'deals:read': 'ALL', 'deals:write': 'ALL' } as const;
    const without = await addScopedPerson(fleet, acme, write);
    const owner = await addScopedPerson(fleet, acme, { ...write, 'deals:reopen': 'OWN' });
    const closedAt = new Date();
    const own = await addDeal(stages.won, { closedAt, ownerId: owner.id });
    const foreign = await addDeal(stages.won, { closedAt });
    for (const [id, by] of [
      [own, without],
      [foreign, owner],
    ] as const) {
      for (const [stageId, reason] of [[stages.first], [stages.lost, 'R']]) {
        expect(await errorOf(move(id, stageId ?? '', { reason }, by))).toMatchObject({ code: 'FORBIDDEN' });
      }
      expect(await stored(id)).toMatchObject({ stageId: stages.won, closedAt });
      expect(await movesOf(id)).toEqual([]);
    }
    expect((await move(own, stages.first, {}, owner)).data.answer).toMatchObject({ closedAt: null });
    // Open ones are closed without it.
    expect((await move(own, stages.won, {}, without)).errors).toEqual([]);
  });

  it('is not gone round by a stage that opens while its closed deal is deleted', async () => {
    const scopes = {
      'deals:read': 'ALL',
      'deals:delete': 'ALL',
      'customers:read': 'ALL',
      'pipelines:read': 'ALL',
    } as const;
    const without = await addScopedPerson(fleet, acme, scopes);
    const within = await addScopedPerson(fleet, acme, { ...scopes, 'deals:reopen': 'ALL' });
    const stageId = await addRow(acme.db, 'Stage', { pipelineId });
    const id = await addDeal(stageId, { closedAt: new Date(), deletedAt: new Date() });
    const restore = (by: Person) =>
      ask('mutation ($id: ID!) { restoreDeal(dealId: $id) { closedAt } }', { id }, by);
    expect(await errorOf(restore(without))).toMatchObject({ code: 'FORBIDDEN' });
    expect((await stored(id)).deletedAt).not.toBeNull();
    expect((await restore(within)).data).toEqual({ restoreDeal: { closedAt: null } });
  });

  it('does not reach deals out of scope, deleted stages or another tenant', async () => {
    const viewer = await addScopedPerson(fleet, acme, { 'deals:read': 'ALL', 'deals:write': 'OWN' });
    const id = await addDeal(stages.first);
    expect(await errorOf(move(id, stages.second, {}, viewer))).toMatchObject({ code: 'NOT_FOUND' });
    const gone = await addRow(acme.db, 'Stage', { deletedAt: new Date() });
    for (const stageId of [gone, await addRow(other.db, 'Stage')]) {
      expect(await errorOf(move(id, stageId))).toMatchObject({
        fields: [{ path: ['stageId'], reason: 'NOT_FOUND' }],
      });
    }
    const foreign = await addRow(other.db, 'Deal');
    expect(await errorOf(move(foreign, stages.second))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('at the same time as another is refused as stale, or starts from where that one has led', async () => {
    const id = await addDeal(stages.first);
    const expected = (await stored(id)).updatedAt.toISOString();
    const guarded = await Promise.all([
      move(id, stages.second, { expected }),
      move(id, stages.elsewhere, { expected }),
    ]);
    expect(guarded.flatMap(({ errors }) => errors.map(({ extensions }) => extensions))).toMatchObject([
      { code: 'CONFLICT', reason: 'STALE' },
    ]);
    const free = await addDeal(stages.first);
    const targets = [stages.second, stages.elsewhere, stages.won];
    const answers = await Promise.all(targets.map((stageId) => move(free, stageId)));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const moves = (await movesOf(free)).reverse();
    expect(moves.map(({ toStageId }) => toStageId).sort()).toEqual([...targets].sort());
    // Each begins where the one before it has ended.
    expect(moves.map(({ fromStageId }) => fromStageId)).toEqual([
      stages.first,
      ...moves.slice(0, -1).map(({ toStageId }) => toStageId),
    ]);
    expect((await stored(free)).stageId).toBe(moves.at(-1)?.toStageId);
  });

  it('is the only way to another stage', async () => {
    const id = await addDeal(stages.first);
    const { codes } = await ask(
      'mutation ($id: ID!, $input: DealUpdateInput!) { updateDeal(dealId: $id, input: $input) { uuid } }',
      { id, input: { stageId: stages.won } },
    );
    expect(codes).toEqual(['QUERY_INVALID']);
  });
});

describe('a stage', () => {
  const update = (id: string, input: object) =>
    ask(
      'mutation ($id: ID!, $input: StageUpdateInput!) { updateStage(stageId: $id, input: $input) { outcome } }',
      { id, input },
    );
  const remove = (id: string, to: string) =>
    ask(
      'mutation ($id: ID!, $to: ID) { answer: deleteStage(stageId: $id, reassignTo: $to) { movedCount } }',
      {
        id,
        to,
      },
    );

  it('keeps its outcome while deals are in it', async () => {
    const stage = await addRow(acme.db, 'Stage', { pipelineId });
    const deal = await addDeal(stage);
    expect(await errorOf(update(stage, { outcome: 'WON' }))).toMatchObject({
      code: 'CONFLICT',
      reason: 'IN_USE',
    });
    expect((await update(stage, { outcome: 'OPEN', probability: 30 })).errors).toEqual([]);
    await acme.db.deal.update({ where: { id: deal }, data: { deletedAt: new Date() } });
    expect((await update(stage, { outcome: 'LOST' })).errors).toEqual([]);
    // What comes back to it is what the stage says.
    const { data } = await ask('mutation ($id: ID!) { restoreDeal(dealId: $id) { closedAt } }', { id: deal });
    expect(data.restoreDeal.closedAt).not.toBeNull();
  });

  it('hands its deals over only to one of its pipeline and outcome, and their moves are recorded', async () => {
    const stage = await addRow(acme.db, 'Stage', { pipelineId });
    const deal = await addDeal(stage, { stageEnteredAt: new Date(Date.now() - 60_000) });
    for (const unlike of [stages.elsewhere, stages.won]) {
      expect(await errorOf(remove(stage, unlike))).toMatchObject({
        fields: [{ path: ['reassignTo'], reason: 'INVALID_VALUE' }],
      });
    }
    expect((await remove(stage, stages.second)).data.answer).toEqual({ movedCount: 1 });
    const [step, ...others] = await movesOf(deal);
    expect(others).toEqual([]);
    expect(step).toMatchObject({ fromStageId: stage, toStageId: stages.second, movedBy: admin.id });
    expect(step?.secondsInStage).toBeGreaterThanOrEqual(59);
    expect(Date.now() - (await stored(deal)).stageEnteredAt.getTime()).toBeLessThan(30_000);
  });
});

describe('a deal that goes to another customer', () => {
  it('leaves its contact behind, whether or not the mover sees them, and takes one that is named', async () => {
    const customerId = await addRow(acme.db, 'Customer');
    const contactId = await addRow(acme.db, 'Contact', { customerId });
    const mover = await addScopedPerson(fleet, acme, {
      'deals:read': 'ALL',
      'deals:write': 'ALL',
      'customers:read': 'ALL',
      'contacts:read': 'OWN',
    });
    const update = (id: string, input: object, by: Person = mover) =>
      ask(
        'mutation ($id: ID!, $input: DealUpdateInput!) { updateDeal(dealId: $id, input: $input) { uuid } }',
        { id, input },
        by,
      );
    const id = await addDeal(stages.first, { customerId, contactId });
    const next = await addRow(acme.db, 'Customer');
    expect((await update(id, { customerId: next })).errors).toEqual([]);
    expect(await stored(id)).toMatchObject({ customerId: next, contactId: null });
    expect((await update(id, { customerId, contactId }, admin)).errors).toEqual([]);
    expect(await stored(id)).toMatchObject({ customerId, contactId });
    expect(await errorOf(update(id, { customerId: next, contactId }, admin))).toMatchObject({
      fields: [{ path: ['input', 'contactId'] }],
    });
  });
});

describe('an order', () => {
  const orderStages = (id: string, ids: readonly string[]) =>
    ask(
      `mutation ($id: ID!, $ids: [ID!]!) {
        answer: orderStages(pipelineId: $id, stageIds: $ids) { stages { edges { node { uuid position } } } }
      }`,
      { id, ids },
    );

  it('is given to all stages of a pipeline at once, and is on record where it changes one', async () => {
    const id = await addRow(acme.db, 'Pipeline');
    const stage = (position: number) => addRow(acme.db, 'Stage', { pipelineId: id, position });
    const ids = [await stage(0), await stage(1), await stage(5)] as const;
    const order = [ids[2], ids[1], ids[0]];
    const { data, errors } = await orderStages(id, order);
    expect(errors).toEqual([]);
    expect(data.answer.stages.edges).toEqual(order.map((uuid, position) => ({ node: { uuid, position } })));
    const records = await acme.db.auditRecord.findMany({ where: { entityId: { in: [...ids] } } });
    expect(records.map(({ entityId }) => entityId).sort()).toEqual([ids[0], ids[2]].sort());
  });

  it('names each live stage of the pipeline exactly once', async () => {
    const id = await addRow(acme.db, 'Pipeline');
    const [one, two] = [
      await addRow(acme.db, 'Stage', { pipelineId: id }),
      await addRow(acme.db, 'Stage', { pipelineId: id }),
    ];
    const gone = await addRow(acme.db, 'Stage', { pipelineId: id, deletedAt: new Date() });
    for (const wrong of [[one], [one, two, two], [one, one], [one, two, gone], [one, stages.first], []]) {
      expect(await errorOf(orderStages(id, wrong))).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['stageIds'], reason: 'INVALID_VALUE' }],
      });
    }
    expect(await errorOf(orderStages(await addRow(other.db, 'Pipeline'), []))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await errorOf(orderStages(id, [one, 'x']))).toMatchObject({ fields: [{ path: ['stageIds', 1] }] });
  });
});
