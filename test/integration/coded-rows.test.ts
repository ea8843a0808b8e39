import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';

type Kind = 'Role' | 'Department' | 'Branch';
const kinds: readonly Kind[] = ['Role', 'Department', 'Branch'];

/** What besides code and name a row of each kind has. */
const more = {
  Role: { required: { permissions: ['users:read'] }, text: 'description', length: 1024 },
  Department: { required: {}, text: 'description', length: 1024 },
  Branch: { required: {}, text: 'address', length: 512 },
} as const;

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

const create = (kind: Kind, input: object) =>
  ask(
    `mutation ($input: ${kind}CreateInput!) {
      answer: create${kind}(input: $input) { id uuid code name ${more[kind].text} deletedAt createdBy { username } }
    }`,
    { input: { ...more[kind].required, ...input } },
  );

const update = (kind: Kind, id: string, input: object) =>
  ask(
    `mutation ($id: ID!, $input: ${kind}UpdateInput!) {
      answer: update${kind}(${kind.toLowerCase()}Id: $id, input: $input) {
        uuid code name ${more[kind].text} updatedBy { username }
      }
    }`,
    { id, input },
  );

const remove = (kind: Kind, id: string) =>
  ask(`mutation ($id: ID!) { answer: delete${kind}(${kind.toLowerCase()}Id: $id) { success message } }`, {
    id,
  });

const restore = (kind: Kind, id: string) =>
  ask(
    `mutation ($id: ID!) { answer: restore${kind}(${kind.toLowerCase()}Id: $id) { uuid code deletedAt } }`,
    { id },
  );

const find = (kind: Kind, id: string) =>
  ask(`query ($id: ID!) { answer: ${kind.toLowerCase()}(${kind.toLowerCase()}Id: $id) { uuid } }`, { id });

const newCode = () => `C-${randomUUID()}`;

/** Creates a row through the API. @returns its UUID. */
async function add(kind: Kind, input: object = {}): Promise<string> {
  const { data, errors } = await create(kind, { code: newCode(), name: 'A name', ...input });
  expect(errors).toEqual([]);
  return data.answer.uuid;
}

const tables: Readonly<Record<Kind, string>> = {
  Role: 'roles',
  Department: 'departments',
  Branch: 'branches',
};

/** The whole row, as text. */
async function rowOf(kind: Kind, id: string): Promise<string> {
  const rows = await acme.db.$queryRawUnsafe(
    `SELECT to_jsonb(t)::text AS row FROM sys.${tables[kind]} t WHERE id = $1::uuid`,
    id,
  );
  return JSON.stringify(rows);
}

const countRows = async (kind: Kind): Promise<string> =>
  JSON.stringify(await acme.db.$queryRawUnsafe(`SELECT count(*)::int FROM sys.${tables[kind]}`));

const wrongValues: readonly (readonly ['code' | 'name' | 'text', string, (length: number) => string])[] = [
  ['code', 'nothing', () => ''],
  ['code', 'blanks', () => '  '],
  ['code', 'a space', () => 'two words'],
  ['code', 'a hyphen first', () => '-SALES'],
  ['code', 'SQL', () => "x';DROP-TABLE"],
  ['code', 'NUL', () => 'a\0b'],
  ['code', 'a line break', () => 'a\nb'],
  ['code', 'a turned direction', () => 'a\u202eb'],
  ['code', '65 characters', () => 'x'.repeat(65)],
  ['name', 'nothing', () => ''],
  ['name', 'blanks', () => ' \u3000 '],
  ['name', 'nothing visible', () => '\u200b\u200d'],
  ['name', 'NUL', () => 'a\0b'],
  ['name', 'an escape sequence', () => '\u001b[31mred'],
  ['name', 'a separator of paragraphs', () => 'a\u2029b'],
  ['name', 'a turned direction', () => 'gnp.\u202eexe'],
  ['name', '129 characters', () => 'x'.repeat(129)],
  ['text', 'nothing', () => ''],
  ['text', 'NUL', () => 'a\0b'],
  ['text', 'too much', (length) => 'x'.repeat(length + 1)],
];

describe.each(kinds)('a %s', (kind) => {
  const { text, length } = more[kind];

  it('is created as it is asked for, trimmed and composed, and says by whom', async () => {
    const code = newCode();
    const { data, errors } = await create(kind, {
      code: ` ${code} `,
      name: ` ${'서울'.normalize('NFD')} `,
      [text]: 'x'.repeat(length),
    });
    expect(errors).toEqual([]);
    expect(data.answer).toMatchObject({
      id: encodeGlobalId(kind, data.answer.uuid),
      code,
      name: '서울',
      [text]: 'x'.repeat(length),
      deletedAt: null,
      createdBy: { username: admin.username },
    });
    expect((await find(kind, data.answer.uuid)).data.answer).toEqual({ uuid: data.answer.uuid });
  });

  it('has no text that is left out or null', async () => {
    for (const input of [{}, { [text]: null }]) {
      const { data } = await create(kind, { code: newCode(), name: 'N', ...input });
      expect(data.answer[text]).toBeNull();
    }
  });

  it.each(wrongValues)(
    'is neither created nor changed with a %s of %s, which is named',
    async (part, _what, make) => {
      const field = part === 'text' ? text : part;
      const wrong = { [field]: make(length) };
      const id = await add(kind);
      const before = await rowOf(kind, id);
      const count = await countRows(kind);
      for (const answer of [
        await create(kind, { code: newCode(), name: 'N', ...wrong }),
        await update(kind, id, wrong),
      ]) {
        expect(answer.data).toEqual({ answer: null });
        expect(answer.errors.map(({ extensions }) => extensions)).toMatchObject([
          { code: 'VALIDATION_FAILED', fields: [{ path: ['input', field] }] },
        ]);
      }
      expect(await rowOf(kind, id)).toBe(before);
      expect(await countRows(kind)).toBe(count);
    },
  );

  it('is told one thing at a time of what is wrong with a field', async () => {
    const said = async (input: object) => {
      const { errors } = await create(kind, { code: newCode(), name: 'N', ...input });
      return errors[0]?.message;
    };
    expect(await said({ code: '' })).toBe('Write something here.');
    expect(await said({ code: '-'.repeat(65) })).toBe('Use at most 64 characters.');
    expect(await said({ name: 'x'.repeat(129) })).toBe('Use at most 128 characters.');
    expect(await said({ name: '\0' })).toBe('Leave out control characters.');
  });

  it('is refused by its schema when a field is missing or of another type', async () => {
    for (const input of [
      { name: 'N' },
      { code: newCode() },
      { code: 7, name: 'N' },
      { code: 'C', name: ['N'] },
    ]) {
      expect((await create(kind, input)).codes).toEqual(['QUERY_INVALID']);
    }
  });

  it.each(['code', 'name'])('can’t have its %s cleared', async (field) => {
    const id = await add(kind);
    const { errors } = await update(kind, id, { [field]: null });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', field] }],
    });
  });

  it('keeps what is absent, loses what is null, and says who changed it', async () => {
    const id = await add(kind, { [text]: 'Text', name: 'Before' });
    const renamed = await update(kind, id, { name: 'After' });
    expect(renamed.data.answer).toMatchObject({
      name: 'After',
      [text]: 'Text',
      updatedBy: { username: admin.username },
    });
    expect((await update(kind, id, { [text]: null })).data.answer).toMatchObject({
      name: 'After',
      [text]: null,
    });
  });

  it('stays as it is when nothing is asked for', async () => {
    const id = await add(kind, { [text]: 'Text' });
    const strip = (row: string) => row.replace(/updated_at[^,}]*/, '');
    const before = strip(await rowOf(kind, id));
    expect((await update(kind, id, {})).errors).toEqual([]);
    expect(strip(await rowOf(kind, id))).toBe(before);
  });

  it('shares its code with no other, on the ways there are to get one', async () => {
    const code = newCode();
    const first = await add(kind, { code });
    const second = await add(kind);
    const conflictAt = (...path: string[]) => [
      { code: 'CONFLICT', reason: 'TAKEN', fields: [{ path, reason: 'TAKEN' }] },
    ];
    const extensionsOf = ({ errors }: Awaited<ReturnType<typeof create>>) =>
      errors.map(({ extensions }) => extensions);
    expect(extensionsOf(await create(kind, { code, name: 'N' }))).toMatchObject(conflictAt('input', 'code'));
    expect(extensionsOf(await update(kind, second, { code }))).toMatchObject(conflictAt('input', 'code'));
    await remove(kind, first);
    expect((await update(kind, second, { code })).errors).toEqual([]);
    expect(extensionsOf(await restore(kind, first))).toMatchObject(conflictAt(`${kind.toLowerCase()}Id`));
    expect((await find(kind, first)).data.answer).toBeNull();
    await update(kind, second, { code: newCode() });
    expect((await restore(kind, first)).data.answer).toEqual({ uuid: first, code, deletedAt: null });
  });

  it('is created once when the same is sent twice at once', async () => {
    const input = { code: newCode(), name: 'Twice' };
    const answers = await Promise.all([create(kind, input), create(kind, input)]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
  });

  it('is kept when it is deleted, hidden, and told who has deleted it', async () => {
    const id = await add(kind, { name: 'Leaving' });
    const other = await addAdministrator(fleet, acme);
    const { data } = await fleet.graphql(
      `mutation ($id: ID!) { answer: delete${kind}(${kind.toLowerCase()}Id: $id) { success message } }`,
      { token: other.token, variables: { id: encodeGlobalId(kind, id) } },
    );
    expect(data.answer).toEqual({
      success: true,
      message: `The ${kind.toLowerCase()} 'Leaving' was deleted.`,
    });
    expect((await find(kind, id)).data.answer).toBeNull();
    const row = await rowOf(kind, id);
    expect(row).toContain(`\\"deleted_by\\": \\"${other.id}\\"`);
    expect(row).toContain(`\\"updated_by\\": \\"${other.id}\\"`);
  });

  it('is deleted and restored once each when sent twice at once', async () => {
    const id = await add(kind);
    for (const act of [remove, restore]) {
      const answers = await Promise.all([act(kind, id), act(kind, id)]);
      expect(answers.flatMap(({ codes }) => codes)).toEqual(['NOT_FOUND']);
    }
  });

  it('that is not there, or in the other state, is not found', async () => {
    const live = await add(kind);
    const gone = await add(kind);
    await remove(kind, gone);
    for (const id of [randomUUID(), gone]) {
      expect((await update(kind, id, { name: 'X' })).codes).toEqual(['NOT_FOUND']);
      expect((await remove(kind, id)).codes).toEqual(['NOT_FOUND']);
    }
    for (const id of [randomUUID(), live]) expect((await restore(kind, id)).codes).toEqual(['NOT_FOUND']);
  });

  it('is named by an id of its own type only', async () => {
    const other = kind === 'Role' ? 'Branch' : 'Role';
    for (const id of ['', 'x', "' OR 1=1", encodeGlobalId(other, randomUUID())]) {
      for (const answer of [
        await find(kind, id),
        await update(kind, id, {}),
        await remove(kind, id),
        await restore(kind, id),
      ]) {
        expect(answer.errors[0]?.extensions).toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ path: [`${kind.toLowerCase()}Id`] }],
        });
      }
    }
  });
});

describe('a branch', () => {
  it.each(['call me', '', '1', 'x'.repeat(33), '+82\n2'])('has no phone number %j', async (phone) => {
    const id = await add('Branch');
    for (const answer of [
      await create('Branch', { code: newCode(), name: 'N', phone }),
      await update('Branch', id, { phone }),
    ]) {
      expect(answer.errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'phone'] }],
      });
    }
  });

  it('is closed and opened, and neither by null', async () => {
    const id = await add('Branch');
    const setActive = (isActive: unknown) =>
      ask(
        'mutation ($id: ID!, $input: BranchUpdateInput!) { updateBranch(branchId: $id, input: $input) { isActive } }',
        { id, input: { isActive } },
      );
    expect((await setActive(false)).data.updateBranch).toEqual({ isActive: false });
    expect((await setActive(true)).data.updateBranch).toEqual({ isActive: true });
    expect((await setActive(null)).codes).toEqual(['VALIDATION_FAILED']);
  });

  it('goes only when it is empty, or its users go to another, which is there', async () => {
    const [old, heir, gone] = [await add('Branch'), await add('Branch'), await add('Branch')];
    await remove('Branch', gone);
    const { id: userId } = await acme.db.user.create({
      data: {
        username: 'branch-user',
        email: 'branch-user@example.com',
        fullName: 'B',
        passwordHash: 'none',
        branchId: old,
      },
    });
    const reassign = (reassignTo: string | null) =>
      ask('mutation ($id: ID!, $to: ID) { deleteBranch(branchId: $id, reassignTo: $to) { success } }', {
        id: old,
        to: reassignTo,
      });
    expect((await reassign(null)).errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'IN_USE',
      dependents: [{ type: 'User', count: 1 }],
    });
    for (const wrong of [old, gone, randomUUID(), encodeGlobalId('Department', heir)]) {
      expect((await reassign(wrong)).errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['reassignTo'] }],
      });
    }
    expect((await reassign(encodeGlobalId('Branch', heir))).errors).toEqual([]);
    const user = await acme.db.user.findUniqueOrThrow({ where: { id: userId } });
    expect(user).toMatchObject({ branchId: heir, updatedBy: admin.id });
  });
});

describe('a role', () => {
  const permissionsOf = async (id: string): Promise<string[]> => {
    const { data } = await ask('query ($id: ID!) { role(roleId: $id) { permissions { code } } }', { id });
    return data.role.permissions.map(({ code }: { code: string }) => code);
  };

  it('grants what is asked for, each once, and all anew with every list', async () => {
    const id = await add('Role', { permissions: ['users:write', 'users:read', 'users:write'] });
    expect(await permissionsOf(id)).toEqual(['users:read', 'users:write']);
    await update('Role', id, { permissions: ['roles:read', 'users:read'] });
    expect(await permissionsOf(id)).toEqual(['roles:read', 'users:read']);
    await update('Role', id, { name: 'Renamed' });
    expect(await permissionsOf(id)).toEqual(['roles:read', 'users:read']);
    await update('Role', id, { permissions: [] });
    expect(await permissionsOf(id)).toEqual([]);
    await update('Role', id, { permissions: ['users:read'] });
    expect(await permissionsOf(id)).toEqual(['users:read']);
  });

  it('comes back with what it granted', async () => {
    const id = await add('Role', { permissions: ['users:write', 'users:read'] });
    await remove('Role', id);
    await restore('Role', id);
    expect(await permissionsOf(id)).toEqual(['users:read', 'users:write']);
  });

  it.each([
    ['is unknown', ['users:read', 'users:fly']],
    ['is of another case', ['Users:Read']],
    ['is SQL', ["users:read' OR true --"]],
    ['has NUL', ['users:read\0']],
    ['is a lone surrogate', ['\ud800']],
  ])('grants no permission that %s', async (_what, permissions) => {
    const id = await add('Role');
    for (const answer of [
      await create('Role', { code: newCode(), name: 'N', permissions }),
      await update('Role', id, { permissions }),
    ]) {
      expect(answer.errors[0]?.extensions.code).toBe('VALIDATION_FAILED');
      expect(answer.errors[0]?.extensions.fields).toMatchObject([
        { path: expect.arrayContaining(['input', 'permissions']) },
      ]);
    }
    expect(await permissionsOf(id)).toEqual(['users:read']);
  });

  it('takes no endless list of permissions, and none for null', async () => {
    const id = await add('Role');
    for (const permissions of [Array(201).fill('users:read'), null]) {
      const { errors } = await update('Role', id, { permissions });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'permissions'] }],
      });
    }
  });
});
