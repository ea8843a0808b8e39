import { randomUUID } from 'node:crypto';
import { type EntityName, entities, entityOf, type Resource } from '../../src/catalogue/entities.ts';
import type { TenantDatabase } from '../../src/db/tenant-client.ts';
import { delegateOf } from '../../src/entities/references.ts';
import { tables } from '../../src/generated/tables.ts';

/** The names of a row: one for programs, which is unique, and one for people. */
interface Names {
  readonly code: string;
  readonly label: string;
}

/** The parts that are tested for every entity, unless it has tests of its own. */
export type Part = 'inputs' | 'audit' | 'replays' | 'access';

/** The facts that the tests of every entity need. */
interface EntityTests {
  /** A row as the database holds it, with the least that it needs. */
  readonly row: (names: Names) => object;
  /** The field for the name that people call a row by. */
  readonly label: string;
  /** What its list can be ordered by besides its times; each is the column of that name. */
  readonly orders: readonly string[];
  /** A text that may be empty, and how long it may be. */
  readonly text: { readonly field: string; readonly length: number };
  /** What the input for a new row needs besides `code` and `name`. */
  readonly required?: object;
  /** What a new row holds in fields that can only be changed later. */
  readonly initially?: object;
  /** The fields of its inputs that name rows, of which type. */
  readonly references: Readonly<Record<string, EntityName>>;
  /** The filters of its list that name rows, of which type. */
  readonly filters: Readonly<Record<string, EntityName>>;
  /** The types that refer to it, by which field: another row takes theirs over when it is deleted with `reassignTo`. */
  readonly dependents: Readonly<Partial<Record<EntityName, string>>>;
  /** The parts that it tests itself, and where. */
  readonly itself?: Readonly<Partial<Record<Part, string>>>;
}

const coded = ({ code, label }: Names) => ({ code, name: label });

/** One row for each entity: a new one is tested by its row here. */
export const entityTable: Readonly<Record<EntityName, EntityTests>> = {
  User: {
    row: ({ code, label }) => ({
      username: code,
      email: `${code}@example.com`,
      fullName: label,
      passwordHash: 'none',
    }),
    label: 'fullName',
    orders: ['USERNAME', 'FULL_NAME', 'EMAIL'],
    text: { field: 'position', length: 128 },
    references: { departmentId: 'Department', roleId: 'Role', branchId: 'Branch' },
    filters: { departmentId: 'Department', roleId: 'Role', branchId: 'Branch' },
    dependents: {},
    itself: {
      inputs: 'test/integration/users.test.ts',
      audit: 'test/integration/audit-records.test.ts',
      replays: 'test/isolation/replays/people.ts',
      access: 'test/access/ways.ts',
    },
  },
  Role: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'description', length: 1024 },
    required: { permissions: [] },
    references: {},
    filters: {},
    dependents: {},
    itself: { audit: 'test/integration/audit-records.test.ts' },
  },
  Department: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'description', length: 1024 },
    references: { parentId: 'Department' },
    filters: { parentId: 'Department' },
    dependents: { User: 'departmentId', Department: 'parentId' },
  },
  Branch: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'address', length: 512 },
    initially: { isActive: true },
    references: {},
    filters: {},
    dependents: { User: 'branchId', Asset: 'branchId' },
  },
  Asset: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'note', length: 1024 },
    references: { holderId: 'User', branchId: 'Branch' },
    filters: { holderId: 'User', branchId: 'Branch' },
    dependents: {},
  },
};

/** An entity with all that the tests know of it. */
export interface TestedEntity extends EntityTests {
  readonly name: EntityName;
  readonly model: (typeof entities)[number]['model'];
  readonly resource: Resource;
  /** The argument that names one row, e.g. `assetId`. */
  readonly idArgument: string;
  /** Its table in SQL. */
  readonly table: string;
  /** What its list can be ordered by, its times too. */
  readonly allOrders: readonly string[];
}

/** Every entity of the catalogue, for tests that go over all of them. */
export const testedEntities: readonly TestedEntity[] = entities.map(({ name }) => testedEntity(name));

/** One entity. */
export function testedEntity(name: EntityName): TestedEntity {
  const { model, resource } = entityOf(name);
  const { schema, name: table } = tables[model];
  const tests = entityTable[name];
  return {
    ...tests,
    name,
    model,
    resource,
    idArgument: `${model}Id`,
    table: `${schema}.${table}`,
    allOrders: ['CREATED_AT', 'UPDATED_AT', ...tests.orders],
  };
}

/** The entities that leave that part to the tests of all. */
export const testedFor = (part: Part): readonly TestedEntity[] =>
  testedEntities.filter(({ itself }) => itself?.[part] === undefined);

/** Entities with their names before them, for the titles of tests. */
export const byName = (list: readonly TestedEntity[]) => list.map((entity) => [entity.name, entity] as const);

/** Adds a row past the application. @param more columns besides its names. @returns its id. */
export async function addRow(
  db: TenantDatabase,
  name: EntityName,
  {
    code = `c-${randomUUID()}`,
    label = 'Before',
    ...more
  }: Partial<Names> & Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const data = { ...entityTable[name].row({ code, label }), ...more };
  return (await delegateOf(db, name).create({ data })).id;
}
