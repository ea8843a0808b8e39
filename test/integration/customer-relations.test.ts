import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>, { token } = admin) =>
  fleet.graphql(query, { token, variables });

const createContact = (input: object) =>
  ask('mutation ($input: ContactCreateInput!) { answer: createContact(input: $input) { uuid isPrimary } }', {
    input: { name: 'N', ...input },
  });
const updateContact = (id: string, input: object) =>
  ask(
    'mutation ($id: ID!, $input: ContactUpdateInput!) { answer: updateContact(contactId: $id, input: $input) { isPrimary } }',
    { id, input },
  );

const primaryContacts = (customerId: string) =>
  acme.db.contact.findMany({ where: { customerId, isPrimary: true, deletedAt: null }, select: { id: true } });

describe('a customer', () => {
  it('has the contact as its primary one who was made it last, on record for both', async () => {
    const customerId = await addRow(acme.db, 'Customer');
    const first: string = (await createContact({ customerId, isPrimary: true })).data.answer.uuid;
    const second: string = (await createContact({ customerId })).data.answer.uuid;
    expect(await primaryContacts(customerId)).toEqual([{ id: first }]);
    expect((await updateContact(second, { isPrimary: true })).data.answer).toEqual({ isPrimary: true });
    expect(await primaryContacts(customerId)).toEqual([{ id: second }]);
    const { changes } = await acme.db.auditRecord.findFirstOrThrow({
      where: { entityId: first, action: 'contact.update' },
    });
    expect(changes).toEqual({ isPrimary: { before: true, after: false } });
  });

  it('has exactly one primary contact after many are made it at once', async () => {
    const customerId = await addRow(acme.db, 'Customer');
    const ids = [
      await addRow(acme.db, 'Contact', { customerId }),
      await addRow(acme.db, 'Contact', { customerId }),
    ];
    const answers = await Promise.all([
      ...ids.map((id) => updateContact(id, { isPrimary: true })),
      ...ids.map(() => createContact({ customerId, isPrimary: true })),
    ]);
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await primaryContacts(customerId)).toHaveLength(1);
  });

  it('keeps its primary contact when others come to it, from another customer or from the deleted', async () => {
    const [one, other] = [await addRow(acme.db, 'Customer'), await addRow(acme.db, 'Customer')];
    const kept = await addRow(acme.db, 'Contact', { customerId: one, isPrimary: true });
    const moving = await addRow(acme.db, 'Contact', { customerId: other, isPrimary: true });
    const gone = await addRow(acme.db, 'Contact', {
      customerId: one,
      isPrimary: true,
      deletedAt: new Date(),
    });
    expect((await updateContact(moving, { customerId: one })).data.answer).toEqual({ isPrimary: false });
    const restored = await ask(
      'mutation ($id: ID!) { answer: restoreContact(contactId: $id) { isPrimary } }',
      { id: gone },
    );
    expect(restored.data.answer).toEqual({ isPrimary: false });
    const third = await addRow(acme.db, 'Customer');
    await addRow(acme.db, 'Contact', { customerId: third, isPrimary: true });
    const merged = await ask(
      'mutation ($id: ID!, $to: ID) { answer: deleteCustomer(customerId: $id, reassignTo: $to) { movedCount } }',
      { id: third, to: one },
    );
    expect(merged.data.answer).toEqual({ movedCount: 1 });
    expect(await primaryContacts(one)).toEqual([{ id: kept }]);
  });

  it('is listed by a tag that it has, with the contacts that exist for the viewer', async () => {
    const tag = `t-${randomUUID()}`;
    const { data, errors } = await ask(
      'mutation ($input: CustomerCreateInput!) { createCustomer(input: $input) { uuid tags businessNumber website } }',
      {
        input: {
          code: tag,
          name: 'N',
          tags: [` ${tag} `, 'VIP', tag],
          businessNumber: '124-81-00998',
          website: 'https://example.com',
        },
      },
    );
    expect(errors).toEqual([]);
    const { uuid, ...written } = data.createCustomer;
    expect(written).toEqual({
      tags: [tag, 'VIP'],
      businessNumber: '1248100998',
      website: 'https://example.com',
    });
    await addRow(acme.db, 'Customer', { tags: ['VIP'] });
    const viewer = await addScopedPerson(fleet, acme, {
      'customers:read': 'ALL',
      'contacts:read': 'OWN',
    });
    const own = await addRow(acme.db, 'Contact', { customerId: uuid, ownerId: viewer.id });
    await addRow(acme.db, 'Contact', { customerId: uuid });
    const listed = await ask(
      `query ($tag: String!) {
        customers(first: 2, tag: $tag) { totalCount edges { node { uuid tags } } }
        same: customers(first: 2, businessNumber: "124-81-00998") {
          edges { node { contacts(first: 2) { totalCount edges { node { uuid } } } } }
        }
      }`,
      { tag },
      viewer,
    );
    expect(listed.data).toEqual({
      customers: { totalCount: 1, edges: [{ node: { uuid, tags: [tag, 'VIP'] } }] },
      same: { edges: [{ node: { contacts: { totalCount: 1, edges: [{ node: { uuid: own } }] } } }] },
    });
  });

  it('out of scope is null in what refers to it, and so is its id', async () => {
    const viewer = await addScopedPerson(fleet, acme, { 'customers:read': 'OWN', 'deals:read': 'ALL' });
    const [own, other] = [
      await addRow(acme.db, 'Customer', { ownerId: viewer.id }),
      await addRow(acme.db, 'Customer'),
    ];
    for (const [customerId, isSeen] of [
      [own, true],
      [other, false],
    ] as const) {
      const id = await addRow(acme.db, 'Deal', { customerId });
      const { data, errors } = await ask(
        'query ($id: ID!) { deal(dealId: $id) { customerId customer { uuid } stage { name pipeline { name } } } }',
        { id },
        viewer,
      );
      expect(errors).toEqual([]);
      expect(data.deal).toEqual({
        customerId: isSeen ? expect.any(String) : null,
        customer: isSeen ? { uuid: own } : null,
        stage: { name: 'Before', pipeline: { name: 'Before' } },
      });
    }
  });
});

describe('what is deleted', () => {
  it.each(['Customer', 'Contact'] as const)(
    'is handed over to nobody whom its deleter can’t read, as to nobody at all: %s',
    async (type) => {
      const resource = type === 'Customer' ? 'customers' : 'contacts';
      const viewer = await addScopedPerson(fleet, acme, {
        [`${resource}:read`]: 'OWN',
        [`${resource}:delete`]: 'ALL',
      });
      const id = await addRow(acme.db, type, { ownerId: viewer.id });
      const remove = (reassignTo: string) =>
        ask(
          `mutation ($id: ID!, $to: ID) { delete${type}(${type.toLowerCase()}Id: $id, reassignTo: $to) { deletedId } }`,
          { id, to: reassignTo },
          viewer,
        );
      const answers = [await remove(await addRow(acme.db, type)), await remove(randomUUID())];
      for (const { errors } of answers) {
        expect(errors[0]?.extensions).toMatchObject({
          fields: [{ path: ['reassignTo'], reason: 'NOT_FOUND' }],
        });
      }
    },
  );
});

describe('a note', () => {
  it('has lines, as people write them, and no other control characters', async () => {
    const customerId = await addRow(acme.db, 'Customer');
    const create = (body: string) =>
      ask('mutation ($input: ActivityCreateInput!) { answer: createActivity(input: $input) { body } }', {
        input: { kind: 'CALL', subject: 'Call', customerId, body },
      });
    const { data, errors } = await create('  First line \r\nSecond\tline\n\nFourth\n');
    expect(errors).toEqual([]);
    expect(data.answer.body).toBe('First line\nSecond line\n\nFourth');
    for (const wrong of ['\n \n', 'a\u0007b', 'a\u2028b']) {
      expect((await create(wrong)).errors[0]?.extensions).toMatchObject({
        fields: [{ path: ['input', 'body'] }],
      });
    }
  });
});

describe('a deleted row', () => {
  const restore = async (name: 'Contact' | 'Activity', id: string) => {
    const argument = `${name.toLowerCase()}Id`;
    const { errors } = await ask(`mutation ($id: ID!) { restore${name}(${argument}: $id) { uuid } }`, { id });
    return errors.map(({ extensions }) => extensions);
  };

  it('comes back only after what it can’t be without', async () => {
    const deletedAt = new Date();
    const customerId = await addRow(acme.db, 'Customer', { deletedAt });
    const id = await addRow(acme.db, 'Contact', { customerId, deletedAt });
    expect(await restore('Contact', id)).toMatchObject([
      { code: 'VALIDATION_FAILED', fields: [{ path: ['contactId', 'customerId'], reason: 'NOT_FOUND' }] },
    ]);
    await acme.db.customer.update({ where: { id: customerId }, data: { deletedAt: null } });
    expect(await restore('Contact', id)).toEqual([]);
  });

  it('that is an activity comes back only when it is about something that is there', async () => {
    const deletedAt = new Date();
    const customerId = await addRow(acme.db, 'Customer', { deletedAt });
    const contactId = await addRow(acme.db, 'Contact');
    const about = await addRow(acme.db, 'Activity', { customerId, contactId, deletedAt });
    const aboutNothing = await addRow(acme.db, 'Activity', { customerId, deletedAt });
    expect(await restore('Activity', about)).toEqual([]);
    expect(await restore('Activity', aboutNothing)).toMatchObject([
      { code: 'VALIDATION_FAILED', fields: [{ path: ['activityId', 'customerId'], reason: 'NOT_FOUND' }] },
    ]);
  });
});

describe('a row that comes back to whoever doesn’t see what it refers to', () => {
  it('keeps what lives, needed or not, and loses only what was deleted', async () => {
    const viewer = await addScopedPerson(fleet, acme, {
      'deals:read': 'ALL',
      'deals:delete': 'ALL',
      'customers:read': 'OWN',
      'contacts:read': 'OWN',
    });
    const customerId = await addRow(acme.db, 'Customer');
    const contactId = await addRow(acme.db, 'Contact', { customerId });
    const id = await addRow(acme.db, 'Deal', { customerId, contactId, deletedAt: new Date() });
    const restore = () =>
      ask('mutation ($id: ID!) { answer: restoreDeal(dealId: $id) { contactId } }', { id }, viewer);
    expect(await restore()).toMatchObject({ errors: [], data: { answer: { contactId: null } } });
    const stored = () => acme.db.deal.findUniqueOrThrow({ where: { id } });
    expect(await stored()).toMatchObject({ customerId, contactId });
    await acme.db.deal.update({ where: { id }, data: { deletedAt: new Date() } });
    await acme.db.contact.update({ where: { id: contactId }, data: { deletedAt: new Date() } });
    expect((await restore()).errors).toEqual([]);
    expect(await stored()).toMatchObject({ customerId, contactId: null });
  });
});

describe('a pipeline', () => {
  const update = (id: string, input: object) =>
    ask(
      'mutation ($id: ID!, $input: PipelineUpdateInput!) { answer: updatePipeline(pipelineId: $id, input: $input) { isDefault } }',
      { id, input },
    );

  it('is the only default one when it was made it last, and of several at once one is', async () => {
    const ids = [await addRow(acme.db, 'Pipeline'), await addRow(acme.db, 'Pipeline')];
    const answers = await Promise.all(ids.map((id) => update(id, { isDefault: true })));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await acme.db.pipeline.count({ where: { isDefault: true, deletedAt: null } })).toBe(1);
    await update(ids[0] ?? '', { isDefault: true });
    const { data } = await ask('{ pipelines(isDefault: true) { edges { node { uuid } } } }', {});
    expect(data.pipelines.edges).toEqual([{ node: { uuid: ids[0] } }]);
  });

  it('has its stages in the order of their positions, whose codes other pipelines may use', async () => {
    const [one, other] = [await addRow(acme.db, 'Pipeline'), await addRow(acme.db, 'Pipeline')];
    const add = (pipelineId: string, code: string, position: number) =>
      addRow(acme.db, 'Stage', { pipelineId, code, position });
    const [last, first] = [await add(one, 'WON', 2), await add(one, 'NEW', 1)];
    await add(other, 'WON', 0);
    const { data } = await ask(
      'query ($id: ID!) { pipeline(pipelineId: $id) { stages { totalCount edges { node { uuid } } } } }',
      { id: one },
    );
    expect(data.pipeline.stages).toEqual({
      totalCount: 2,
      edges: [{ node: { uuid: first } }, { node: { uuid: last } }],
    });
  });

  it('is not deleted while it has stages', async () => {
    const id = await addRow(acme.db, 'Pipeline');
    const stage = await addRow(acme.db, 'Stage', { pipelineId: id });
    const remove = () =>
      ask('mutation ($id: ID!) { answer: deletePipeline(pipelineId: $id) { success } }', { id });
    expect((await remove()).errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'IN_USE',
      dependents: [{ type: 'Stage', count: 1 }],
    });
    await acme.db.stage.update({ where: { id: stage }, data: { deletedAt: new Date() } });
    expect((await remove()).errors).toEqual([]);
  });
});
