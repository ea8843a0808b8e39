import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntityName } from '../../src/catalogue/entities.ts';
import { delegateOf } from '../../src/entities/references.ts';
import { nounOf, say } from '../../src/errors/index.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { definitionOf, longestText } from './entity-definitions.ts';
import {
  addNeeded,
  addRow,
  addShared,
  byName,
  changedFor,
  inputFor,
  sharedBy,
  type TestedEntity,
  testedEntities,
  testedEntity,
} from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>) =>
  fleet.graphql(query, { token: admin.token, variables });

const namesOf = ({ code, label, text }: TestedEntity) => [code, label, text.field].filter(Boolean).join(' ');

const createWith = (entity: TestedEntity, input: object) =>
  ask(
    `mutation ($input: ${entity.name}CreateInput!) {
      answer: create${entity.name}(input: $input) { id uuid ${namesOf(entity)} deletedAt createdBy { username } }
    }`,
    { input },
  );

const create = async (entity: TestedEntity, input: object) =>
  createWith(entity, await inputFor(acme.db, entity, input));

const update = (entity: TestedEntity, id: string, input: object) =>
  ask(
    `mutation ($id: ID!, $input: ${entity.name}UpdateInput!) {
      answer: update${entity.name}(${entity.idArgument}: $id, input: $input) {
        uuid ${namesOf(entity)} updatedBy { username }
      }
    }`,
    { id, input },
  );

const remove = ({ name, idArgument }: TestedEntity, id: string) =>
  ask(`mutation ($id: ID!) { answer: delete${name}(${idArgument}: $id) { success message } }`, { id });

const restore = ({ name, idArgument }: TestedEntity, id: string) =>
  ask(`mutation ($id: ID!) { answer: restore${name}(${idArgument}: $id) { uuid deletedAt } }`, { id });

const find = ({ model, idArgument }: TestedEntity, id: string) =>
  ask(`query ($id: ID!) { answer: ${model}(${idArgument}: $id) { uuid } }`, { id });

const newCode = () => `C-${randomUUID()}`;

/** Creates a row through the API. @returns its UUID. */
async function add(entity: TestedEntity, input: object = {}): Promise<string> {
  const { data, errors } = await create(entity, input);
  expect(errors).toEqual([]);
  return data.answer.uuid;
}

/** The whole row, as text. */
const rowOf = async ({ table }: TestedEntity, id: string): Promise<string> =>
  JSON.stringify(
    await acme.db.$queryRawUnsafe(`SELECT to_jsonb(t)::text AS row FROM ${table} t WHERE id = $1::uuid`, id),
  );

const countRows = async ({ table }: TestedEntity): Promise<string> =>
  JSON.stringify(await acme.db.$queryRawUnsafe(`SELECT count(*)::int FROM ${table}`));

const wrongValues: readonly (readonly ['code' | 'label' | 'text', string, (length: number) => string])[] = [
  ['code', 'nothing', () => ''],
  ['code', 'blanks', () => '  '],
  ['code', 'a space', () => 'two words'],
  ['code', 'a hyphen first', () => '-SALES'],
  ['code', 'SQL', () => "x';DROP-TABLE"],
  ['code', 'NUL', () => 'a\0b'],
  ['code', 'a line break', () => 'a\nb'],
  ['code', 'a turned direction', () => 'a\u202eb'],
  ['code', 'too much', (length) => 'x'.repeat(length + 1)],
  ['label', 'nothing', () => ''],
  ['label', 'blanks', () => ' \u3000 '],
  ['label', 'nothing visible', () => '\u200b\u200d'],
  ['label', 'NUL', () => 'a\0b'],
  ['label', 'an escape sequence', () => '\u001b[31mred'],
  ['label', 'a separator of paragraphs', () => 'a\u2029b'],
  ['label', 'a turned direction', () => 'gnp.\u202eexe'],
  ['label', 'too much', (length) => 'x'.repeat(length + 1)],
  ['text', 'nothing', () => ''],
  ['text', 'NUL', () => 'a\0b'],
  ['text', 'too much', (length) => 'x'.repeat(length + 1)],
];

describe.each(byName(changedFor('inputs')))('a row of %s', (kind, entity) => {
  const { code, label, idArgument, references, needs, once, fixed } = entity;
  const { field: text, length } = entity.text;
  const { columns } = definitionOf(kind);

  /** Whether the input has that field by its schema; another rule may need it all the same. */
  const isRequired = (field: string) =>
    columns.some(([name, { creation }]) => name === field && creation === 'required');

  /** Returns the maximum length of a text field. */
  const longest = (field: string) => {
    const [, column] = columns.find(([name]) => name === field) ?? [];
    return (column && longestText(column.schema)) ?? 0;
  };

  it('is created as it is asked for, trimmed and composed, and says by whom', async () => {
    const programs = newCode();
    const { data, errors } = await create(entity, {
      ...(code === null ? {} : { [code]: ` ${programs} ` }),
      [label]: ` ${'서울'.normalize('NFD')} `,
      [text]: 'x'.repeat(length),
    });
    expect(errors).toEqual([]);
    expect(data.answer).toMatchObject({
      id: encodeGlobalId(kind, data.answer.uuid),
      ...(code === null ? {} : { [code]: programs }),
      [label]: '서울',
      [text]: 'x'.repeat(length),
      deletedAt: null,
      createdBy: { username: admin.username },
    });
    expect((await find(entity, data.answer.uuid)).data.answer).toEqual({ uuid: data.answer.uuid });
  });

  it('has no text that is left out or null', async () => {
    for (const input of [{}, { [text]: null }]) {
      const { data } = await create(entity, input);
      expect(data.answer[text]).toBeNull();
    }
  });

  const fieldOf = { code, label, text };
  const wrongHere = wrongValues.filter(([part]) => fieldOf[part] !== null);

  it.each(wrongHere)(
    'is neither created nor changed with a %s of %s, which is named',
    async (part, _what, make) => {
      const field = fieldOf[part] ?? '';
      const wrong = { [field]: make(part === 'text' ? length : longest(field)) };
      const id = await add(entity);
      const before = await rowOf(entity, id);
      const count = await countRows(entity);
      for (const answer of [await create(entity, wrong), await update(entity, id, wrong)]) {
        expect(answer.data).toEqual({ answer: null });
        expect(answer.errors.map(({ extensions }) => extensions)).toMatchObject([
          { code: 'VALIDATION_FAILED', fields: [{ path: ['input', field] }] },
        ]);
      }
      expect(await rowOf(entity, id)).toBe(before);
      expect(await countRows(entity)).toBe(count);
    },
  );

  it('is told one thing at a time of what is wrong with a field', async () => {
    const said = async (input: object) => {
      const { errors } = await create(entity, input);
      return errors[0]?.message;
    };
    expect(await said({ [code ?? label]: '' })).toBe('This field is required.');
    for (const field of [code ?? label, label]) {
      const tooLong = '-'.repeat(longest(field) + 1);
      expect(await said({ [field]: tooLong })).toBe(
        `Use at most ${longest(field).toLocaleString('en')} characters.`,
      );
    }
    expect(await said({ [label]: '\0' })).toBe('Remove control characters.');
  });

  it('is refused by its schema when a field is missing or of another type', async () => {
    const right = await inputFor(acme.db, entity);
    for (const field of [code ?? label, label, ...needs.filter(isRequired)]) {
      const { [field]: _left, ...without } = right;
      expect((await createWith(entity, without)).codes).toEqual(['QUERY_INVALID']);
      expect((await createWith(entity, { ...right, [field]: ['N'] })).codes).toEqual(['QUERY_INVALID']);
    }
    expect((await createWith(entity, { ...right, [label]: 7 })).codes).toEqual(['QUERY_INVALID']);
  });

  it.each([...new Set([code ?? label, label, ...needs])].filter((field) => !fixed.includes(field)))(
    'can’t have its %s cleared',
    async (field) => {
      const id = await add(entity);
      const { errors } = await update(entity, id, { [field]: null });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', field] }],
      });
    },
  );

  it('keeps what is absent, loses what is null, and says who changed it', async () => {
    const id = await add(entity, { [text]: 'Text', [label]: 'Before' });
    const renamed = await update(entity, id, { [label]: 'After' });
    expect(renamed.data.answer).toMatchObject({
      [label]: 'After',
      [text]: 'Text',
      updatedBy: { username: admin.username },
    });
    expect((await update(entity, id, { [text]: null })).data.answer).toMatchObject({
      [label]: 'After',
      [text]: null,
    });
  });

  it('stays as it is when nothing is asked for', async () => {
    const id = await add(entity, { [text]: 'Text' });
    const strip = (row: string) => row.replace(/updated_at[^,}]*/, '');
    const before = strip(await rowOf(entity, id));
    expect((await update(entity, id, {})).errors).toEqual([]);
    expect(strip(await rowOf(entity, id))).toBe(before);
  });

  it.runIf(code !== null)('shares its code with no other, on the ways there are to get one', async () => {
    const field = code ?? '';
    const taken = newCode();
    // Some codes are unique among rows that refer to the same one.
    const beside = await addNeeded(acme.db, entity);
    const first = await add(entity, { ...beside, [field]: taken });
    const second = await add(entity, beside);
    const conflictAt = (...path: string[]) => [
      { code: 'CONFLICT', reason: 'TAKEN', fields: [{ path, reason: 'TAKEN' }] },
    ];
    const extensionsOf = ({ errors }: Awaited<ReturnType<typeof create>>) =>
      errors.map(({ extensions }) => extensions);
    expect(extensionsOf(await create(entity, { ...beside, [field]: taken }))).toMatchObject(
      conflictAt('input', field),
    );
    expect(extensionsOf(await update(entity, second, { [field]: taken }))).toMatchObject(
      conflictAt('input', field),
    );
    await remove(entity, first);
    expect((await update(entity, second, { [field]: taken })).errors).toEqual([]);
    expect(extensionsOf(await restore(entity, first))).toMatchObject(conflictAt(idArgument));
    expect((await find(entity, first)).data.answer).toBeNull();
    await update(entity, second, { [field]: newCode() });
    expect((await restore(entity, first)).data.answer).toEqual({ uuid: first, deletedAt: null });
    expect(await rowOf(entity, first)).toContain(taken);
  });

  it.runIf(code !== null)('is created once when the same is sent twice at once', async () => {
    const input = await inputFor(acme.db, entity);
    const answers = await Promise.all([createWith(entity, input), createWith(entity, input)]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
  });

  it('is kept when it is deleted, hidden, and told who has deleted it', async () => {
    const id = await add(entity, { [label]: 'Leaving' });
    const other = await addAdministrator(fleet, acme);
    const { data } = await fleet.graphql(
      `mutation ($id: ID!) { answer: delete${kind}(${idArgument}: $id) { success message } }`,
      { token: other.token, variables: { id: encodeGlobalId(kind, id) } },
    );
    expect(data.answer).toEqual({
      success: true,
      message: `The ${say(nounOf(kind), 'en')} “Leaving” was deleted.`,
    });
    expect((await find(entity, id)).data.answer).toBeNull();
    const row = await rowOf(entity, id);
    expect(row).toContain(`\\"deleted_by\\": \\"${other.id}\\"`);
    expect(row).toContain(`\\"updated_by\\": \\"${other.id}\\"`);
  });

  it('is deleted and restored once each when sent twice at once', async () => {
    const id = await add(entity);
    for (const act of [remove, restore]) {
      const answers = await Promise.all([act(entity, id), act(entity, id)]);
      expect(answers.flatMap(({ codes }) => codes)).toEqual(['NOT_FOUND']);
    }
  });

  it('that is not there, or in the other state, is not found', async () => {
    const live = await add(entity);
    const gone = await add(entity);
    await remove(entity, gone);
    for (const id of [randomUUID(), gone]) {
      expect((await update(entity, id, { [label]: 'X' })).codes).toEqual(['NOT_FOUND']);
      expect((await remove(entity, id)).codes).toEqual(['NOT_FOUND']);
    }
    for (const id of [randomUUID(), live]) expect((await restore(entity, id)).codes).toEqual(['NOT_FOUND']);
  });

  it('is named by an id of its own type only', async () => {
    const other = kind === 'Role' ? 'Branch' : 'Role';
    for (const id of ['', 'x', "' OR 1=1", encodeGlobalId(other, randomUUID())]) {
      for (const answer of [
        await find(entity, id),
        await update(entity, id, {}),
        await remove(entity, id),
        await restore(entity, id),
      ]) {
        expect(answer.errors[0]?.extensions).toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ path: [idArgument] }],
        });
      }
    }
  });

  it('refers to rows that are there, named by either form of their ids, and to no others', async () => {
    for (const [field, type] of Object.entries(references)) {
      const shared = await addShared(acme.db, entity);
      const columns = sharedBy(type, shared);
      const [target, gone] = [
        await addRow(acme.db, type, columns),
        await addRow(acme.db, type, { ...columns, deletedAt: new Date() }),
      ];
      const id = await add(entity, shared);
      const updates = fixed.includes(field) ? [] : [(input: object) => update(entity, id, input)];
      for (const form of [target, encodeGlobalId(type, target)]) {
        const created = await add(entity, { ...shared, [field]: form });
        if (once.includes(field)) await remove(entity, created);
        for (const change of updates) expect((await change({ [field]: form })).errors).toEqual([]);
        if (once.includes(field)) await update(entity, id, { [field]: null });
      }
      const before = await rowOf(entity, id);
      const other = testedEntity(type === 'User' ? 'Role' : 'User').name;
      for (const wrong of ['nonsense', '', randomUUID(), gone, encodeGlobalId(other, target)]) {
        for (const write of [(input: object) => create(entity, input), ...updates]) {
          const answer = await write({ [field]: wrong });
          expect(answer.errors.map(({ extensions }) => extensions)).toMatchObject([
            { code: 'VALIDATION_FAILED', fields: [{ path: ['input', field] }] },
          ]);
        }
      }
      expect(await rowOf(entity, id)).toBe(before);
      if (!needs.includes(field)) expect((await update(entity, id, { [field]: null })).errors).toEqual([]);
    }
  });
});

const referredTo = changedFor('inputs').filter(({ dependents }) => Object.keys(dependents).length > 0);

describe.each(byName(referredTo))('a row of %s', (kind, entity) => {
  const { dependents, idArgument } = entity;
  it('is deleted with what refers to it only when that goes to another, which is there', async () => {
    // Some take over only from those beside them.
    const beside = await addNeeded(acme.db, entity);
    const [old, heir, gone] = [
      await add(entity, beside),
      await add(entity, beside),
      await add(entity, beside),
    ];
    await remove(entity, gone);
    const referring: [EntityName, string, string][] = [];
    for (const { name } of testedEntities) {
      const column = dependents[name];
      if (column !== undefined)
        referring.push([name, column, await addRow(acme.db, name, { [column]: old })]);
    }
    const reassign = (to: string | null) =>
      ask(
        `mutation ($id: ID!, $to: ID) { answer: delete${kind}(${idArgument}: $id, reassignTo: $to) { movedCount } }`,
        { id: old, to },
      );
    expect((await reassign(null)).errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'IN_USE',
      dependents: expect.arrayContaining(referring.map(([type]) => ({ type, count: 1 }))),
    });
    for (const wrong of [old, gone, randomUUID(), encodeGlobalId('AuditRecord', heir)]) {
      expect((await reassign(wrong)).errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['reassignTo'] }],
      });
    }
    expect((await reassign(encodeGlobalId(kind, heir))).data).toEqual({
      answer: { movedCount: referring.length },
    });
    for (const [name, column, id] of referring) {
      const row = await delegateOf(acme.db, name).findFirst({ where: { id } });
      expect(row).toMatchObject({ [column]: heir, updatedBy: admin.id });
    }
  });
});
