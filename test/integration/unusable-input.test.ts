import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { rootFields, writeFullOperation } from '../support/full-operation.ts';

let fleet: TestFleet;
let adminToken: string;
let managerToken: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  await fleet.provision('acme01');
  adminToken = (await fleet.signIn('acme01')).accessToken;
  managerToken = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

type Path = readonly string[];

/** Values that every field has to refuse, by scalar. */
const unusable: Readonly<Record<string, readonly unknown[]>> = {
  String: ['a\ud800', '\udc00b', 'a\0b'],
  ID: ['a\ud800', 'a\0b'],
  JSON: ['a\ud800', { 'a\0': 1 }, { a: [{ b: '\ud800' }] }],
  Int: [2_147_483_648, -2_147_483_649, 1e300],
  Date: ['0000-12-31', '10000-01-01', '2026-02-30', '2026-1-1', '2026-01-31T00:00:00Z', 'today', 'infinity'],
  Decimal: ['', '1e3', '1,5', '.5', '5.', '0x10', 'NaN', 'Infinity', '1 ', `1${'0'.repeat(64)}`],
  DateTime: [
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '-000001-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-00:01',
    '+275760-09-13T00:00:00.000Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-12-31T23:59:60Z',
    '2026-01-31',
    'infinity',
    'a\0',
  ],
};

/** Returns all scalars in an argument, however deep in its input objects. */
function leavesOf(type: GraphQLInputType, path: Path): { path: Path; scalar: string }[] {
  if (isNonNullType(type)) return leavesOf(type.ofType, path);
  if (isListType(type)) return leavesOf(type.ofType, path);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).flatMap((field) => leavesOf(field.type, [...path, field.name]));
  }
  return [{ path, scalar: type.name }];
}

/** A value of the right type that refers to nothing that exists, with `wrong` at `path`. */
function sampleOf(type: GraphQLInputType, path: Path, wrong: unknown): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType, path, wrong);
  if (isListType(type)) return [sampleOf(type.ofType, path, wrong)];
  if (isInputObjectType(type)) {
    const [next, ...rest] = path;
    const fields = Object.values(type.getFields()).filter(
      (field) => field.name === next || isRequiredInputField(field),
    );
    return Object.fromEntries(
      fields.map((field) => [
        field.name,
        sampleOf(field.type, field.name === next ? rest : [], field.name === next ? wrong : undefined),
      ]),
    );
  }
  if (wrong !== undefined) return wrong;
  if (isEnumType(type)) return type.getValues()[0]?.name;
  const uuid = '00000000-0000-4000-8000-000000000000';
  const samples: Readonly<Record<string, unknown>> = {
    ID: encodeGlobalId('User', uuid),
    Int: 1,
    Boolean: true,
    Date: '2026-01-31',
    DateTime: '2026-01-31T09:30:00Z',
    Decimal: '1',
  };
  return type.name in samples ? samples[type.name] : 'x';
}

const leaves = [...rootFields(schema)].flatMap(([coordinate, field]) =>
  field.args
    .flatMap(({ name, type }) => leavesOf(type, [name]))
    .filter(({ scalar }) => scalar in unusable)
    .map(({ path, scalar }) => ({ coordinate, place: path.join('.'), path, scalar })),
);

describe('whatever a client writes', () => {
  it('is found by this test', () => {
    expect(leaves.length).toBeGreaterThan(80);
    expect(new Set(leaves.map(({ scalar }) => scalar))).toEqual(new Set(Object.keys(unusable)));
  });

  it.each(leaves)('$coordinate($place: $scalar) is refused by name when it can’t be kept', async (leaf) => {
    const { coordinate, path, scalar } = leaf;
    const args = rootFields(schema).get(coordinate)?.args ?? [];
    const operation = writeFullOperation(schema, coordinate, 1);
    const required = args.filter(({ name, type }) => name === path[0] || isNonNullType(type));
    const answers = await Promise.all(
      (unusable[scalar] ?? []).map((wrong) => {
        const variables = Object.fromEntries(
          required.map(({ name, type }) => [
            name,
            name === path[0] ? sampleOf(type, path.slice(1), wrong) : sampleOf(type, [], undefined),
          ]),
        );
        return fleet.graphql(operation, { token: adminToken, variables });
      }),
    );
    for (const { errors } of answers) {
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'VALIDATION_FAILED', fields: [{ path: expect.arrayContaining([...path]) }] },
      ]);
    }
  });
});

describe('an argument in the document', () => {
  const beside = { wrong: null, me: { username: 'admin' } };

  it.each([
    ['NUL', 'users(search: "a\\u0000") { edges { cursor } }', ['search'], beside],
    ['a year that is none', 'auditLog(from: "0000-01-01T00:00:00Z") { edges { cursor } }', ['from'], beside],
    ['a number too large', 'users(first: 2147483648) { edges { cursor } }', ['first'], undefined],
    ['a number of 400 digits', `users(first: ${'9'.repeat(400)}) { edges { cursor } }`, ['first'], undefined],
  ])('is refused for %s', async (_what, field, path, answered) => {
    const { data, errors } = await fleet.graphql(`{ wrong: ${field} me { username } }`, {
      token: adminToken,
    });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_FAILED', fields: [{ path }] } }]);
    expect(data).toEqual(answered);
  });

  it.each([
    ['1e400', ['value']],
    ['{a: [0, -1e400]}', ['value', 'a', 1]],
    ['{a: {b: "\\u0000"}}', ['value', 'a', 'b']],
    ['{a: {__proto__: {b: 1}}}', ['value', 'a']],
  ])('%s is no JSON that can be kept', async (value, path) => {
    const { errors } = await fleet.graphql(
      `mutation { setTenantConfig(tenantKey: "acme01", key: "k", value: ${value}) { key } }`,
      { token: managerToken },
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
  });

  it('is looked at below the root and in fragments too', async () => {
    const { errors } = await fleet.graphql(
      'query ($x: String!) { ...All } fragment All on Query { ... on Query { users(search: $x) { edges { cursor } } } }',
      { token: adminToken, variables: { x: '\ud800' } },
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['search'] }],
    });
  });

  it('that is not even GraphQL is the document’s fault', async () => {
    for (const half of ['\\ud800', '\ud800']) {
      const { codes } = await fleet.graphql(`{ users(search: "${half}") { edges { cursor } } }`, {
        token: adminToken,
      });
      expect(codes).toEqual(['QUERY_INVALID']);
    }
  });

  it('of the wrong type is the document’s fault', async () => {
    for (const from of ['true', '7', '["2026-01-31T09:30:00Z"]']) {
      const { codes } = await fleet.graphql(`{ auditLog(from: ${from}) { edges { cursor } } }`, {
        token: adminToken,
      });
      expect(codes).toEqual(['QUERY_INVALID']);
    }
  });
});

it('no setting has a name that JavaScript keeps for itself', async () => {
  const { errors } = await fleet.graphql(
    'mutation ($value: JSON!) { setTenantConfig(tenantKey: "acme01", key: "__proto__", value: $value) { key } }',
    { token: managerToken, variables: { value: JSON.parse('[{"__proto__": 1}]') } },
  );
  expect(errors[0]?.extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: ['value', 0] }],
  });
  const key = await fleet.graphql(
    'mutation { setTenantConfig(tenantKey: "acme01", key: "__proto__", value: 1) { key } }',
    { token: managerToken },
  );
  expect(key.errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: ['key'] }] });
});

it('the first and the last moment that can be written are moments like any other', async () => {
  const { data, errors } = await fleet.graphql(
    `{ auditLog(from: "0001-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z") { pageInfo { totalCount } } }`,
    { token: adminToken },
  );
  expect(errors).toEqual([]);
  expect(data.auditLog.pageInfo.totalCount).toBeGreaterThan(0);
});
