import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let stageId: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  const pipeline = await acme.db.pipeline.create({ data: { code: 'ACTIVE', name: 'P' } });
  const stage = { code: 'S', name: 'S', pipelineId: pipeline.id, probability: 10 };
  stageId = (await acme.db.stage.create({ data: stage })).id;
});
afterAll(() => fleet.close());

async function addCustomer(name = 'C') {
  const { db } = acme;
  const { id } = await db.customer.create({ data: { code: randomUUID(), name } });
  const contact = await db.contact.create({ data: { name: 'K', customerId: id } });
  const deal = await db.deal.create({ data: { title: 'D', customerId: id, stageId } });
  return { id, contactId: contact.id, dealId: deal.id };
}

const ask = (query: string, variables: object, { token }: Person = admin) =>
  fleet.graphql(query, { token, variables: { ...variables } });

const create = (input: object) =>
  ask(
    'mutation ($input: ActivityCreateInput!) { createActivity(input: $input) { uuid customer { uuid } } }',
    {
      input: { kind: 'CALL', subject: 'S', ...input },
    },
  );
const update = (id: string, input: object) =>
  ask(
    'mutation ($id: ID!, $input: ActivityUpdateInput!) { updateActivity(activityId: $id, input: $input) { customer { uuid } } }',
    { id, input },
  );

const day = 86_400_000;

describe('a sales person’s morning', () => {
  it('is one request: what is due today, and how much is overdue', async () => {
    const person = await addScopedPerson(fleet, acme, {
      'activities:read': 'ALL',
      'customers:read': 'ALL',
      'deals:read': 'ALL',
    });
    const customer = await addCustomer('Hanbit');
    const now = Date.now();
    const add = (subject: string, due: number | null, more: object = {}) =>
      acme.db.activity.create({
        data: {
          kind: 'CALL',
          subject,
          customerId: customer.id,
          dealId: customer.dealId,
          assigneeId: person.id,
          dueAt: due === null ? null : new Date(now + due),
          ...more,
        },
      });
    await add('soon', day / 48);
    await add('late', -day / 48);
    await add('long ago', -3 * day);
    await add('done', -day, { doneAt: new Date(now) });
    await add('some day', null);
    await add('somebody’s', -day, { assigneeId: admin.id });
    await add('nobody’s', -day, { assigneeId: null });

    const morning = `query ($from: DateTime, $to: DateTime) {
      today: activities(mine: true, isOpen: true, dueAt: { from: $from, to: $to }, orderBy: { field: DUE_AT }) {
        edges { node { subject customer { name } deal { title } } } }
      overdue: activities(mine: true, overdue: true) { totalCount }
      others: activities(mine: false, overdue: true, orderBy: { field: SUBJECT }) { edges { node { subject } } }
      rest: activities(mine: true, overdue: false, orderBy: { field: SUBJECT }) { edges { node { subject } } }
    }`;
    const { data, errors } = await ask(
      morning,
      { from: new Date(now - day / 24), to: new Date(now + day / 24) },
      person,
    );
    expect(errors).toEqual([]);
    const subjects = (list: { edges: { node: { subject: string } }[] }) =>
      list.edges.map(({ node }) => node.subject);
    expect(data.today.edges.map(({ node }: { node: object }) => node)).toEqual([
      { subject: 'late', customer: { name: 'Hanbit' }, deal: { title: 'D' } },
      { subject: 'soon', customer: { name: 'Hanbit' }, deal: { title: 'D' } },
    ]);
    expect(data.overdue.totalCount).toBe(2);
    expect(subjects(data.others)).toEqual(['nobody’s', 'somebody’s']);
    expect(subjects(data.rest)).toEqual(['done', 'some day', 'soon']);
  });

  it('hears of what becomes overdue although no row changes', async () => {
    const person = await addScopedPerson(fleet, acme, { 'activities:read': 'OWN' });
    const { id } = await addCustomer();
    await acme.db.activity.create({
      data: {
        kind: 'CALL',
        subject: 'S',
        customerId: id,
        assigneeId: person.id,
        dueAt: new Date(Date.now() + 1_500),
      },
    });
    const count = async () =>
      (await ask('{ activities(overdue: true) { totalCount } }', {}, person)).data.activities.totalCount;
    expect(await count()).toBe(0);
    await expect.poll(count, { timeout: 5_000, interval: 250 }).toBe(1);
  });
});

describe('an activity', () => {
  it('is about the customer of its deal or its contact', async () => {
    const { id, dealId, contactId } = await addCustomer();
    for (const about of [{ dealId }, { contactId }, { dealId, contactId, customerId: id }]) {
      expect((await create(about)).data.createActivity.customer).toEqual({ uuid: id });
    }
  });

  it('has no deal or contact of another customer than its own, and goes along with a new one', async () => {
    const [one, other] = [await addCustomer(), await addCustomer()];
    const refused = (column: string) => ({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', column], reason: 'NOT_COMBINABLE' }],
    });
    for (const column of ['dealId', 'contactId'] as const) {
      const { errors } = await create({ customerId: one.id, [column]: other[column] });
      expect(errors[0]?.extensions).toMatchObject(refused(column));
    }
    const mixed = await create({ dealId: one.dealId, contactId: other.contactId });
    expect(mixed.errors[0]?.extensions).toMatchObject(refused('contactId'));

    const { uuid } = (await create({ dealId: one.dealId })).data.createActivity;
    expect((await update(uuid, { customerId: other.id })).errors[0]?.extensions).toMatchObject(
      refused('dealId'),
    );
    expect((await update(uuid, { dealId: other.dealId })).data.updateActivity.customer).toEqual({
      uuid: other.id,
    });
    expect((await update(uuid, { dealId: null })).data.updateActivity.customer).toEqual({ uuid: other.id });
  });
});

describe('a deal', () => {
  it('has a contact at its customer, and takes its activities along to another one', async () => {
    const [one, other] = [await addCustomer(), await addCustomer()];
    const { uuid } = (await create({ dealId: one.dealId, contactId: one.contactId })).data.createActivity;
    const change = (input: object) =>
      ask(
        'mutation ($id: ID!, $input: DealUpdateInput!) { updateDeal(dealId: $id, input: $input) { uuid } }',
        {
          id: one.dealId,
          input,
        },
      );
    expect((await change({ contactId: other.contactId })).errors[0]?.extensions).toMatchObject({
      fields: [{ path: ['input', 'contactId'], reason: 'NOT_COMBINABLE' }],
    });
    expect((await change({ contactId: one.contactId })).errors).toEqual([]);
    expect((await change({ customerId: other.id, contactId: null })).errors).toEqual([]);
    const activity = await acme.db.activity.findUniqueOrThrow({ where: { id: uuid } });
    // Nobody at the new customer.
    expect(activity).toMatchObject({ customerId: other.id, contactId: null });
    const { changes } = await acme.db.auditRecord.findFirstOrThrow({
      where: { entityId: uuid, action: 'activity.update' },
    });
    expect(changes).toEqual({
      customerId: { before: one.id, after: other.id },
      contactId: { before: one.contactId, after: null },
    });
  });

  it('comes back without a contact that went to another customer meanwhile', async () => {
    const [one, other] = [await addCustomer(), await addCustomer()];
    const deletedAt = new Date();
    await acme.db.deal.update({ where: { id: one.dealId }, data: { contactId: one.contactId, deletedAt } });
    await acme.db.contact.update({ where: { id: one.contactId }, data: { customerId: other.id } });
    const { data } = await ask(
      'mutation ($id: ID!) { restoreDeal(dealId: $id) { customer { uuid } contact { uuid } } }',
      { id: one.dealId },
    );
    expect(data.restoreDeal).toEqual({ customer: { uuid: one.id }, contact: null });
  });
});

describe.each([
  ['Deal', 'dealId'],
  ['Contact', 'contactId'],
] as const)('a deleted row of %s', (type, column) => {
  it('hands what refers to it over to another one of its customer alone', async () => {
    const [one, other] = [await addCustomer(), await addCustomer()];
    const { uuid } = (await create({ [column]: one[column] })).data.createActivity;
    const remove = (reassignTo: string) =>
      ask(
        `mutation ($id: ID!, $to: ID) { answer: delete${type}(${column}: $id, reassignTo: $to) { movedCount } }`,
        { id: one[column], to: reassignTo },
      );
    expect((await remove(other[column])).errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['reassignTo'], reason: 'NOT_COMBINABLE' }],
    });
    const successor = await addRow(acme.db, type, {
      customerId: one.id,
      ...(type === 'Deal' ? { stageId } : {}),
    });
    expect((await remove(successor)).data.answer).toEqual({ movedCount: 1 });
    expect(await acme.db.activity.findUnique({ where: { id: uuid } })).toMatchObject({ [column]: successor });
  });
});
