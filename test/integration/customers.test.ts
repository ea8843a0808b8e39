import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { lockWrites, meetInTurn } from '../support/row-locks.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  const globex = await fleet.provision('globex');
  admin = await addAdministrator(fleet, acme);
  // A look-alike in another tenant is no duplicate.
  await globex.db.customer.create({
    data: { code: 'G', name: '한빛상사', phone: '02-555-0100', businessNumber: '1208147521' },
  });
});
afterAll(() => fleet.close());

const create = (input: object, more: object = {}, { token }: Person = admin) =>
  fleet.graphql(
    `mutation ($input: CustomerCreateInput!, $allow: Boolean) {
      createCustomer(input: $input, allowDuplicate: $allow) { id uuid } }`,
    { token, variables: { input: { code: `C-${randomUUID()}`, name: 'N', ...input }, ...more } },
  );

const update = (id: string, input: object, more: object = {}) =>
  fleet.graphql(
    `mutation ($id: ID!, $input: CustomerUpdateInput!, $allow: Boolean) {
      updateCustomer(customerId: $id, input: $input, allowDuplicate: $allow) { id } }`,
    { token: admin.token, variables: { id, input, ...more } },
  );

/** A telephone number that nobody else has. */
const newPhone = () => `010${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
const written = (phone: string) => `(${phone.slice(0, 3)}) ${phone.slice(3, 7)}-${phone.slice(7)}`;

describe('a customer', () => {
  it('has no tag that a file could not tell from two, and a telephone number with digits', async () => {
    for (const [field, value, reason] of [
      ['tags', ['a;b'], 'INVALID_CHARACTERS'],
      ['phone', '---', 'INVALID_FORMAT'],
      ['phone', '+(1)-2', 'INVALID_FORMAT'],
    ] as const) {
      const { errors } = await create({ [field]: value });
      expect(errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ reason }] });
    }
    expect((await create({ phone: '1 1 2' })).errors).toEqual([]);
  });
});

describe('a duplicate customer', () => {
  it('is refused with the id of the other one, however name and telephone number are written', async () => {
    const phone = newPhone();
    const first = await create({ name: 'Hanbit Trading', phone });
    const { errors } = await create({ name: 'ＨＡＮＢＩＴ  trading', phone: written(phone) });
    expect(errors[0]?.extensions).toEqual({
      code: 'CONFLICT',
      reason: 'DUPLICATE',
      duplicates: [first.data.createCustomer.id],
    });
    expect((await create({ name: 'Hanbit', phone })).errors).toEqual([]);
  });

  it('is made by who says that it is another one, and edited afterwards', async () => {
    const phone = newPhone();
    await create({ name: 'Twin', phone });
    const second = await create({ name: 'Twin', phone }, { allow: true });
    expect(second.errors).toEqual([]);
    const id = second.data.createCustomer.uuid;
    expect((await update(id, { name: 'Twin', phone: written(phone), industry: 'Steel' })).errors).toEqual([]);
  });

  it('is not made of another customer by a change', async () => {
    const phone = newPhone();
    await create({ name: 'One', phone });
    const { uuid } = (await create({ name: 'Two', phone })).data.createCustomer;
    expect((await update(uuid, { name: 'one' })).errors[0]?.extensions).toMatchObject({
      reason: 'DUPLICATE',
    });
    expect((await update(uuid, { name: 'one' }, { allow: true })).errors).toEqual([]);
  });

  it('is told to be there, and nothing else, by who can’t see it', async () => {
    const phone = newPhone();
    await create({ name: 'Hidden', phone, businessNumber: '2208162517' });
    const own = await addScopedPerson(fleet, acme, { 'customers:read': 'OWN', 'customers:write': 'OWN' });
    const { errors } = await create({ name: 'Hidden', phone }, {}, own);
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', reason: 'DUPLICATE', duplicates: [] });
    const sameNumber = await create({ businessNumber: '220-81-62517' }, {}, own);
    expect(sameNumber.errors[0]?.extensions).toMatchObject({ reason: 'TAKEN', duplicates: [] });
  });

  it('by its business registration number is refused even to who allows duplicates', async () => {
    const first = await create({ businessNumber: '120-81-47521' });
    expect(first.errors).toEqual([]);
    const { errors } = await create({ businessNumber: '1208147521' }, { allow: true });
    expect(errors[0]?.extensions).toMatchObject({
      reason: 'TAKEN',
      fields: [{ path: ['input', 'businessNumber'] }],
      duplicates: [first.data.createCustomer.id],
    });
  });

  it('is not made by two requests at once', async () => {
    const phone = newPhone();
    const send = () => create({ name: 'At once', phone });
    // Nobody can write before both have looked for others, unless the second waits for the first.
    const answers = await meetInTurn(acme, [send, send], lockWrites(acme, 'crm.customers'));
    expect(answers.map(({ errors }) => errors[0]?.extensions.reason)).toEqual([undefined, 'DUPLICATE']);
    expect(await acme.db.customer.count({ where: { phone } })).toBe(1);
  });

  it('is shown while somebody types, in the viewer’s scope, and not itself', async () => {
    const phone = newPhone();
    const { uuid } = (await create({ name: 'Typed', phone })).data.createCustomer;
    const look = async (variables: Readonly<Record<string, unknown>>, { token }: Person = admin) => {
      const { data } = await fleet.graphql(
        `query ($n: String, $p: String, $b: String, $id: ID) {
          customerDuplicates(name: $n, phone: $p, businessNumber: $b, customerId: $id) { uuid } }`,
        { token, variables },
      );
      return data.customerDuplicates.map((each: { uuid: string }) => each.uuid);
    };
    expect(await look({ n: 'typed', p: written(phone) })).toEqual([uuid]);
    expect(await look({ n: 'typed', p: written(phone), b: '12' })).toEqual([uuid]);
    expect(await look({ n: 'typed', p: phone.slice(0, 5) })).toEqual([]);
    expect(await look({ p: phone })).toEqual([]);
    expect(await look({ n: 'typed', p: phone, id: encodeGlobalId('Customer', uuid) })).toEqual([]);
    const own = await addScopedPerson(fleet, acme, { 'customers:read': 'OWN' });
    expect(await look({ n: 'typed', p: phone }, own)).toEqual([]);
  });
});
