import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let globex: TestTenant;
let admin: Person;
let stageId: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, globex] = [await fleet.provision('acme01'), await fleet.provision('globex')];
  admin = await addAdministrator(fleet, acme);
  const pipeline = await acme.db.pipeline.create({ data: { code: 'MERGED', name: 'P' } });
  const stage = { code: 'S', name: 'S', pipelineId: pipeline.id, probability: 10 };
  stageId = (await acme.db.stage.create({ data: stage })).id;
});
afterAll(() => fleet.close());

const merge = (customerId: string, intoId: string, more: object = {}, { token }: Person = admin) =>
  fleet.graphql(
    `mutation ($customerId: ID!, $intoId: ID!, $at: DateTime) {
      mergeCustomers(customerId: $customerId, intoId: $intoId, expectedUpdatedAt: $at) {
        contactCount dealCount activityCount customer { uuid phone email industry tags businessNumber } } }`,
    { token, variables: { customerId, intoId, ...more } },
  );

/** A customer with two contacts, one of them primary and one deleted, a deal and an activity. */
async function addCustomer(data: object = {}) {
  const { db } = acme;
  const { id } = await db.customer.create({ data: { code: randomUUID(), name: 'C', ...data } });
  const primary = await db.contact.create({ data: { name: 'Primary', customerId: id, isPrimary: true } });
  const deleted = await db.contact.create({
    data: { name: 'Deleted', customerId: id, deletedAt: new Date() },
  });
  await db.deal.create({ data: { title: 'D', customerId: id, stageId } });
  await db.activity.create({ data: { kind: 'CALL', subject: 'A', customerId: id } });
  return { id, primary: primary.id, deleted: deleted.id };
}

const partsOf = async (customerId: string) => ({
  contacts: await acme.db.contact.count({ where: { customerId } }),
  deals: await acme.db.deal.count({ where: { customerId } }),
  activities: await acme.db.activity.count({ where: { customerId } }),
});

describe('merging two customers', () => {
  it('moves everything, fills what is empty, and keeps what the second has', async () => {
    const from = await addCustomer({
      phone: '02-1',
      email: 'from@example.com',
      businessNumber: '1208147521',
      tags: ['a', 'b'],
    });
    const into = await addCustomer({ phone: '02-2', industry: 'Steel', tags: ['b', 'c'] });
    const { data, errors } = await merge(from.id, into.id);
    expect(errors).toEqual([]);
    expect(data.mergeCustomers).toEqual({
      contactCount: 1,
      dealCount: 1,
      activityCount: 1,
      customer: {
        uuid: into.id,
        phone: '02-2',
        email: 'from@example.com',
        industry: 'Steel',
        tags: ['b', 'c', 'a'],
        businessNumber: '1208147521',
      },
    });
    expect(await partsOf(into.id)).toEqual({ contacts: 4, deals: 2, activities: 2 });
    expect(await partsOf(from.id)).toEqual({ contacts: 0, deals: 0, activities: 0 });
    const primary = await acme.db.contact.findMany({ where: { customerId: into.id, isPrimary: true } });
    expect(primary.map(({ id }) => id)).toEqual([into.primary]);

    const records = await acme.db.auditRecord.findMany({ where: { action: 'customer.merge' } });
    for (const id of [from.id, into.id]) {
      const changes = records.find(({ entityId }) => entityId === id)?.changes;
      expect(changes).toMatchObject({ movedContacts: { after: expect.arrayContaining([from.deleted]) } });
    }
    const restored = await fleet.graphql(
      'mutation ($id: ID!) { restoreContact(contactId: $id) { customer { uuid } } }',
      { token: admin.token, variables: { id: from.deleted } },
    );
    expect(restored.data.restoreContact).toEqual({ customer: { uuid: into.id } });
  });

  it('that gave its registration number away doesn’t come back with it, which is told', async () => {
    const [from, into] = [await addCustomer({ businessNumber: '2208162517' }), await addCustomer()];
    await merge(from.id, into.id);
    const { errors } = await fleet.graphql(
      'mutation ($id: ID!) { restoreCustomer(customerId: $id) { uuid } }',
      { token: admin.token, variables: { id: from.id } },
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'TAKEN',
      fields: [{ path: ['customerId'], message: 'This business registration number is already in use.' }],
    });
  });

  it('leaves a way from the first to the last that has stayed', async () => {
    const [a, b, c] = [await addCustomer(), await addCustomer(), await addCustomer()];
    await merge(a.id, b.id);
    await merge(b.id, c.id);
    const find = async (id: string, { token }: Person = admin) =>
      (
        await fleet.graphql('query ($id: ID!) { mergedCustomer(customerId: $id) { uuid } }', {
          token,
          variables: { id },
        })
      ).data.mergedCustomer;
    expect(await find(a.id)).toEqual({ uuid: c.id });
    expect(await find(c.id)).toBeNull();
    expect(await find(a.id, await addScopedPerson(fleet, acme, { 'customers:read': 'OWN' }))).toBeNull();
  });

  it('is refused without either right, out of scope, into itself, and for a stale copy', async () => {
    const [from, into] = [await addCustomer(), await addCustomer()];
    const all = { 'customers:read': 'ALL', 'customers:write': 'ALL', 'customers:delete': 'ALL' } as const;
    const { 'customers:write': _write, ...noWrite } = all;
    const { 'customers:delete': _delete, ...noDelete } = all;
    for (const permissions of [noWrite, noDelete]) {
      const viewer = await addScopedPerson(fleet, acme, permissions);
      expect((await merge(from.id, into.id, {}, viewer)).codes).toEqual(['FORBIDDEN']);
    }
    const own = await addScopedPerson(fleet, acme, { ...all, 'customers:delete': 'OWN' });
    expect((await merge(from.id, into.id, {}, own)).codes).toEqual(['NOT_FOUND']);
    const writesOwn = await addScopedPerson(fleet, acme, { ...all, 'customers:write': 'OWN' });
    expect((await merge(from.id, into.id, {}, writesOwn)).errors[0]?.extensions).toMatchObject({
      fields: [{ path: ['intoId'], reason: 'NOT_FOUND' }],
    });
    expect((await merge(from.id, from.id)).errors[0]?.extensions).toMatchObject({
      fields: [{ path: ['intoId'], reason: 'SELF_REFERENCE' }],
    });
    expect(
      (await merge(from.id, into.id, { at: '2020-01-01T00:00:00Z' })).errors[0]?.extensions,
    ).toMatchObject({
      reason: 'STALE',
    });
    const elsewhere = await globex.db.customer.create({ data: { code: 'G', name: 'G' } });
    expect((await merge(elsewhere.id, into.id)).codes).toEqual(['NOT_FOUND']);
    expect(await partsOf(from.id)).toEqual({ contacts: 2, deals: 1, activities: 1 });
  });

  it('names no counts of what one may not read', async () => {
    const [from, into] = [await addCustomer(), await addCustomer()];
    const viewer = await addScopedPerson(fleet, acme, {
      'customers:read': 'ALL',
      'customers:write': 'ALL',
      'customers:delete': 'ALL',
      'deals:read': 'OWN',
    });
    const { data } = await merge(from.id, into.id, {}, viewer);
    expect(data.mergeCustomers).toMatchObject({ contactCount: null, dealCount: 0, activityCount: null });
  });

  it('crosswise and at once makes one of two, and loses nothing', async () => {
    for (let round = 0; round < 3; round++) {
      const [a, b] = [await addCustomer(), await addCustomer()];
      const answers = await Promise.all([
        merge(a.id, b.id),
        merge(b.id, a.id),
        fleet.graphql('mutation ($input: ContactCreateInput!) { createContact(input: $input) { uuid } }', {
          token: admin.token,
          variables: { input: { name: 'New', customerId: a.id } },
        }),
      ]);
      const done = answers.slice(0, 2).filter(({ errors }) => errors.length === 0);
      expect(done.length).toBe(1);
      const created = answers[2]?.errors.length === 0 ? 1 : 0;
      const stayed = done[0]?.data.mergeCustomers.customer.uuid;
      expect(await partsOf(stayed)).toEqual({ contacts: 4 + created, deals: 2, activities: 2 });
    }
  });
});
