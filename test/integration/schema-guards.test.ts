import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { assertEveryFieldGuarded, unguardedFields } from '../../src/graphql/guarded-fields.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { type RootField, rootFields } from '../support/full-operation.ts';
import { isForManagers } from '../support/manager-operations.ts';
import { sampleArguments } from '../support/sample-arguments.ts';

const publicFields = ['Mutation.login', 'Mutation.logout', 'Mutation.refreshToken'];

/** The fields for everybody's own account, for nodes, whose types decide, and for what heads of departments decide about. */
const ownFields = [
  'Query.me',
  'Query.viewer',
  'Query.node',
  'Query.nodes',
  'Query.attendanceCorrections',
  'Mutation.changePassword',
  'Mutation.approveLeave',
  'Mutation.rejectLeave',
  'Mutation.cancelLeave',
  'Mutation.approveAttendanceCorrection',
  'Mutation.rejectAttendanceCorrection',
];

/** A call of a root field with arguments of the right types, that names nothing which exists. */
const callOf = ({ name, args }: RootField) =>
  `${name}${sampleArguments(args.filter((arg) => isRequiredArgument(arg) || arg.name === 'userId'))} { __typename }`;

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
    fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
    const { db } = await fleet.provision('acme01');
    const { passwordHash } = await db.user.findFirstOrThrow({ omit: { passwordHash: false } });
    await db.user.create({
      data: { username: 'nobody', email: 'n@example.com', fullName: 'N', passwordHash },
    });
    withoutPermissions = (await fleet.signIn('acme01', 'nobody')).accessToken;
    administrator = (await fleet.signIn('acme01')).accessToken;
  });
  afterAll(() => fleet.close());

  const guarded = [...rootFields(schema)].filter(([coordinate]) => !publicFields.includes(coordinate));

  const call = (coordinate: string, field: RootField, token?: string) =>
    fleet.graphql(`${coordinate.startsWith('Mutation.') ? 'mutation' : 'query'} { ${callOf(field)} }`, {
      token,
    });

  it.each(guarded)('%s refuses who is not signed in', async (coordinate, field) => {
    expect((await call(coordinate, field)).codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each(guarded.filter(([coordinate]) => !ownFields.includes(coordinate)))(
    '%s refuses who lacks its permission, and says what is lacking',
    async (coordinate, field) => {
      const { codes, errors } = await call(coordinate, field, withoutPermissions);
      expect(codes).toEqual(['FORBIDDEN']);
      const lacking = [...permissionCatalogue.map(({ code }) => code), 'platform managers'];
      expect(lacking.some((what) => errors[0]?.message.includes(what))).toBe(true);
    },
  );

  it.each(guarded.filter(([, field]) => isForManagers(field)))(
    '%s refuses an administrator of a tenant, who is no manager',
    async (coordinate, field) => {
      const { codes, errors } = await call(coordinate, field, administrator);
      expect(codes).toEqual(['FORBIDDEN']);
      expect(errors[0]?.message).toBe('Only platform managers may do this.');
    },
  );
});
