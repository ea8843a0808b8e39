import { randomUUID } from 'node:crypto';
import { getNamedType, isInputObjectType, isRequiredArgument, isRequiredInputField } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/schema.ts';
import { testedEntities } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { type RootField, rootFields } from '../support/full-operation.ts';
import { isForManagers } from '../support/manager-operations.ts';
import { addManager } from '../support/people.ts';
import { sampleArguments } from '../support/sample-arguments.ts';

/** The types that each entity's own arguments name. */
const namedByEntities: ReadonlyMap<string, string> = new Map(
  testedEntities.flatMap(({ name, list, references, filters }) => [
    [`Mutation.delete${name}(reassignTo)`, name] as const,
    ...Object.entries(filters).map(([filter, type]) => [`Query.${list}(${filter})`, type] as const),
    ...Object.entries(references).flatMap(([field, type]) =>
      ['create', 'update'].map((verb) => [`Mutation.${verb}${name}(input.${field})`, type] as const),
    ),
  ]),
);

/** The types that the other arguments name which are not called like one. */
const otherNames: Readonly<Record<string, string>> = {
  // An object of whatever type.
  'Query.auditLog(entityId)': 'Role',
  'Mutation.assignEmployee(input.managerId)': 'Employee',
  'Query.pipelineSummary(ownerId)': 'User',
  'Mutation.mergeCustomers(intoId)': 'Customer',
  'Mutation.orderStages(stageIds)': 'Stage',
  'Query.provisioningJob(jobId)': 'ProvisioningJob',
  'Mutation.resumeProvisioning(jobId)': 'ProvisioningJob',
  'Mutation.cleanUpProvisioning(jobId)': 'ProvisioningJob',
};

/** The type that an argument names: `userId` names a `User`. */
function typeAt(coordinate: string, name: string): string {
  const called = name.replace(/Id$/, '').replace(/^./, (letter) => letter.toUpperCase());
  return namedByEntities.get(coordinate) ?? otherNames[coordinate] ?? called;
}

/** A UUID does not say which type it is of. */
const globalOnly = ['Query.node(id)', 'Query.nodes(ids)'];

/** A place for an id, in an argument or in a field of an input object. */
interface IdPlace {
  readonly root: string;
  readonly field: RootField;
  readonly path: readonly string[];
  readonly description: string;
  readonly type: string;
}

const places: IdPlace[] = [...rootFields(schema)].flatMap(([root, field]) =>
  field.args.flatMap((argument) => {
    const type = getNamedType(argument.type);
    const found = isInputObjectType(type)
      ? Object.values(type.getFields()).map((input) => ({ ...input, path: [argument.name, input.name] }))
      : [{ ...argument, path: [argument.name] }];
    return found
      .filter((input) => getNamedType(input.type).name === 'ID')
      .map(({ path, name, description }) => ({
        root,
        field,
        path,
        description: description ?? '',
        type: typeAt(`${root}(${path.join('.')})`, name),
      }));
  }),
);
const coordinateOf = ({ root, path }: IdPlace) => `${root}(${path.join('.')})`;
const both = places
  .filter((place) => !globalOnly.includes(coordinateOf(place)))
  .map((place) => [coordinateOf(place), place] as const);

let fleet: TestFleet;
let admin: string;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  await fleet.provision('acme01');
  admin = (await fleet.signIn('acme01')).accessToken;
  manager = (await addManager(fleet, null)).token;
});
afterAll(() => fleet.close());

/** The problems that are found at a place which holds that id. */
async function problemsAt({ field, path: [name = '', inner], root }: IdPlace, id: string): Promise<string[]> {
  const others = field.args.filter((argument) => isRequiredArgument(argument) && argument.name !== name);
  const argument = field.args.find((candidate) => candidate.name === name);
  const type = argument && getNamedType(argument.type);
  const inputs = isInputObjectType(type)
    ? Object.values(type.getFields()).filter((input) => isRequiredInputField(input) && input.name !== inner)
    : [];
  const inside = (text: string) => text.slice(1, -1);
  const value = JSON.stringify(id);
  const aimed = inner
    ? `${name}: { ${inside(sampleArguments(inputs))} ${inner}: ${value} }`
    : `${name}: ${value}`;
  const kind = root.startsWith('Query.') ? 'query' : 'mutation';
  const { errors } = await fleet.graphql(
    `${kind} { ${field.name}(${inside(sampleArguments(others))} ${aimed}) { __typename } }`,
    { token: isForManagers(field) ? manager : admin },
  );
  return errors.flatMap(({ extensions: { code, fields } }) =>
    code === 'VALIDATION_FAILED' && Array.isArray(fields)
      ? fields
          .filter(
            // An element of a list is named by its place.
            ({ path }) => path.join('.').replace(/\.\d+$/, '') === [name, inner].filter(Boolean).join('.'),
          )
          .map((problem) => String(problem.message))
      : [],
  );
}

const notAnId = /^(Not a valid .+ id|Neither a global id)/;

describe('an argument of type ID', () => {
  it('is found in more than a handful of places', () => {
    expect(both.length).toBeGreaterThan(25);
  });

  it.each(both)('names a type of the schema: %s', (coordinate, { type }) => {
    expect(
      schema.getType(type),
      `${coordinate} takes the id of which type? An entity’s references and filters are told by its row in test/entities/entity-table.ts, others by otherNames in this file.`,
    ).toBeDefined();
  });

  it.each(both)('says that it takes both forms: %s', (_coordinate, { description }) => {
    expect(description).toMatch(/global id/i);
    expect(description).toContain('UUID');
  });

  it.each(both)('takes the UUID and the global id: %s', async (_coordinate, place) => {
    const uuid = randomUUID();
    for (const id of [uuid, encodeGlobalId(place.type, uuid)]) {
      for (const problem of await problemsAt(place, id)) expect(problem).not.toMatch(notAnId);
    }
  });

  it.each(both)('takes neither anything else nor what belongs to no type: %s', async (_coordinate, place) => {
    for (const wrong of ['x', encodeGlobalId('Nothing', randomUUID())]) {
      expect(await problemsAt(place, wrong)).toEqual([expect.stringMatching(notAnId)]);
    }
  });
});

describe('an input with several wrong ids', () => {
  it('is answered with all of them', async () => {
    const { errors } = await fleet.graphql(
      `mutation ($input: UserCreateInput!) { createUser(input: $input) { id } }`,
      {
        token: admin,
        variables: {
          input: {
            username: 'wrong',
            email: 'wrong@example.com',
            password: 'Password123!',
            fullName: 'Wrong',
            roleId: 'x',
            departmentId: encodeGlobalId('Branch', randomUUID()),
            branchId: encodeGlobalId('Branch', randomUUID()),
          },
        },
      },
    );
    expect(errors.map(({ extensions: { fields } }) => fields)).toMatchObject([
      [
        { path: ['input', 'departmentId'], message: 'Not a valid department id.' },
        { path: ['input', 'roleId'], message: 'Not a valid role id.' },
      ],
    ]);
  });
});

describe('a field that names another object', () => {
  it('has the id that the object itself has', async () => {
    const ask = (query: string, variables = {}) => fleet.graphql(query, { token: admin, variables });
    const made = await ask(
      `mutation {
        department: createDepartment(input: { code: "D", name: "D" }) { id }
        branch: createBranch(input: { code: "B", name: "B" }) { id }
      }`,
    );
    const { department, branch } = made.data;
    const { data } = await ask(
      `mutation ($input: UserCreateInput!) {
        createUser(input: $input) { departmentId branchId roleId department { id } branch { id } role { id } }
      }`,
      {
        input: {
          username: 'boxed',
          email: 'boxed@example.com',
          password: 'Correct-horse1!',
          fullName: 'Boxed',
          departmentId: department.id,
          branchId: branch.id,
        },
      },
    );
    expect(data.createUser).toEqual({
      departmentId: department.id,
      branchId: branch.id,
      roleId: null,
      department,
      branch,
      role: null,
    });
  });

  it('leads to it, in the audit log', async () => {
    const role = await fleet.graphql(
      'mutation { createRole(input: { code: "L", name: "Led", permissions: [] }) { id uuid } }',
      { token: admin },
    );
    const { id, uuid } = role.data.createRole;
    for (const entityId of [id, uuid]) {
      const log = await fleet.graphql(
        'query ($entityId: ID!) { me { id } auditLog(entityId: $entityId) { edges { node { entityId userId } } } }',
        { token: admin, variables: { entityId } },
      );
      expect(log.data.auditLog.edges).toEqual([{ node: { entityId: id, userId: log.data.me.id } }]);
    }
  });
});
