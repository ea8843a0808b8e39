import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  type GraphQLArgument,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { assertEveryFieldGuarded, unguardedFields } from '../../src/graphql/guarded-fields.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { isForManagers } from '../support/manager-operations.ts';

const publicFields = ['Mutation.login', 'Mutation.refreshToken'];

/** A call of a root field with arguments of the right types, that names nothing which exists. */
function callOf(name: string, args: readonly GraphQLArgument[], selection: string): string {
  const given = args.filter(isRequiredArgument).map((argument) => `${argument.name}: ${sampleOf(argument)}`);
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${selection}`;
}

function sampleOf({ name, type }: Pick<GraphQLArgument, 'name' | 'type'>): string {
  const uuid = '00000000-0000-4000-8000-000000000000';
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map((field) => `${field.name}: ${sampleOf(field)}`).join(', ')} }`;
  }
  if (name === 'id') return JSON.stringify(encodeGlobalId('User', uuid));
  if (name === 'ids') return JSON.stringify([encodeGlobalId('User', uuid)]);
  return JSON.stringify(uuid);
}

const rootFields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ operation: type?.name ?? '', field })),
);

describe('the schema', () => {
  it('has a guard on every field that is not listed as public', () => {
    expect(unguardedFields(schema)).toEqual([]);
  });

  it('does not start with a field that has none', () => {
    expect(() => assertEveryFieldGuarded(buildSchema('type Query { secret: String }'))).toThrow(
      'Query.secret',
    );
  });

  it('describes every type, field, argument and input field', () => {
    const undescribed: string[] = [];
    const note = (
      coordinate: string,
      { description }: { readonly description?: string | null | undefined },
    ) => {
      if (!description) undescribed.push(coordinate);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
      note(type.name, type);
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field);
      }
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          note(`${type.name}.${field.name}`, field);
          for (const argument of field.args) note(`${type.name}.${field.name}(${argument.name})`, argument);
        }
      }
    }
    expect(undescribed).toEqual([]);
  });

  it('is what schema.graphql says', async () => {
    const printed = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(printed);
  });
});

describe('every root field', () => {
  let fleet: TestFleet;
  let withoutPermissions: string;
  let administrator: string;

  beforeAll(async () => {
    fleet = await createTestFleet();
    const { db } = await fleet.provision('acme01');
    const { passwordHash } = await db.user.findFirstOrThrow();
    await db.user.create({
      data: { username: 'nobody', email: 'n@example.com', fullName: 'N', passwordHash },
    });
    withoutPermissions = (await fleet.signIn('acme01', 'nobody')).accessToken;
    administrator = (await fleet.signIn('acme01')).accessToken;
  });
  afterAll(() => fleet.close());

  const guarded = rootFields.filter(
    ({ operation, field }) => !publicFields.includes(`${operation}.${field.name}`),
  );

  it.each(guarded.map(({ operation, field }) => [`${operation}.${field.name}`, operation, field] as const))(
    '%s refuses who is not signed in',
    async (_name, operation, field) => {
      const { codes } = await fleet.graphql(
        `${operation.toLowerCase()} { ${callOf(field.name, field.args, '{ __typename }')} }`,
      );
      expect(codes).toEqual(['UNAUTHENTICATED']);
    },
  );

  it.each(
    guarded
      .filter(({ field }) => !['me', 'node', 'nodes'].includes(field.name) && !isForManagers(field))
      .map(({ operation, field }) => [`${operation}.${field.name}`, operation, field] as const),
  )('%s refuses who lacks its permission, and says which', async (_name, operation, field) => {
    const { codes, errors } = await fleet.graphql(
      `${operation.toLowerCase()} { ${callOf(field.name, field.args, '{ __typename }')} }`,
      { token: withoutPermissions },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(permissionCatalogue.some(({ code }) => errors[0]?.message.includes(code))).toBe(true);
  });

  it.each(
    guarded
      .filter(({ field }) => isForManagers(field))
      .map(({ operation, field }) => [`${operation}.${field.name}`, operation, field] as const),
  )('%s refuses who is no manager, and says so', async (_name, operation, field) => {
    const { codes, errors } = await fleet.graphql(
      `${operation.toLowerCase()} { ${callOf(field.name, field.args, '{ __typename }')} }`,
      { token: administrator },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(errors[0]?.message).toBe('This is for managers of the platform.');
  });
});
