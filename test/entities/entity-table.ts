import { randomUUID } from 'node:crypto';
import {
  type EntityName,
  entities,
  entityOf,
  type ListName,
  listOf,
  type Resource,
} from '../../src/catalogue/entities.ts';
import type { TenantDatabase } from '../../src/db/tenant-client.ts';
import { delegateOf } from '../../src/entities/references.ts';
import { tables } from '../../src/generated/tables.ts';

/** The names of a row: one for programs, which is unique, and one for people. */
interface Names {
  readonly code: string;
  readonly label: string;
}

/**
 * The parts that are tested for every entity, unless it has tests of its own. An entity that tests its mutations itself
 * has others than the usual four.
 */
export type Part = 'mutations' | 'inputs' | 'audit' | 'replays' | 'access';

/** A field of another kind than text. */
export interface TypedField {
  /** Valid values, as the API writes them, in ascending order. */
  readonly values: readonly (string | number)[];
  /** Invalid values. */
  readonly wrong: readonly (string | number)[];
  /** The same value in another spelling. */
  readonly spelling?: readonly [given: string, answered: string];
  /** Whether its list is filtered by ranges of it, or by several of its values; absent when it isn't at all. */
  readonly filter?: 'range' | 'choice';
  readonly isNullable: boolean;
}

/** The facts that the tests of every entity need. */
interface EntityTests {
  /** A row as the database holds it, with the least that it needs besides the rows that it refers to. */
  readonly row: (names: Names) => object;
  /** The field for the name that programs call a row by; null when it has none. */
  readonly code?: string | null;
  /** The field for the name that people call a row by. */
  readonly label: string;
  /** What its list can be ordered by besides its times; each is the column of that name. */
  readonly orders: readonly string[];
  /** A text that may be empty, and how long it may be. */
  readonly text: { readonly field: string; readonly length: number };
  /** What the input for a new row needs besides its names and the rows that it refers to. */
  readonly required?: object | (() => object);
  /** The fields whose values no two live rows share, by themselves or together with others. */
  readonly once?: readonly string[];
  /** The initial values of fields that an input leaves out. */
  readonly initially?: object;
  /** Its fields of other kinds than text, switches and references. */
  readonly typed?: Readonly<Record<string, TypedField>>;
  /** The fields of its inputs that name rows, of which type. */
  readonly references: Readonly<Record<string, EntityName>>;
  /** Those of them that every row has. */
  readonly needs?: readonly string[];
  /** A reference that it has to have in common with the rows that it refers to. */
  readonly shares?: string;
  /** The reference whose row's user owns it as well. */
  readonly ownedThrough?: string;
  /** Those of them that only the input for a new row has. */
  readonly fixed?: readonly string[];
  /** The filters of its list that name rows, of which type. */
  readonly filters: Readonly<Record<string, EntityName>>;
  /** The types that refer to it, by which field: another row takes theirs over when it is deleted with `reassignTo`. */
  readonly dependents: Readonly<Partial<Record<EntityName, string>>>;
  /** The parts that it tests itself, and where. */
  readonly itself?: Readonly<Partial<Record<Part, string>>>;
}

// Apart from the days on which other tests work.
let lastDay = Date.UTC(2050, 0, 1);

/** A day that is no other row's. */
const anotherDay = () => {
  lastDay += 86_400_000;
  return new Date(lastDay);
};

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
    code: 'username',
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
      access: 'test/access/root-requests.ts',
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
    references: { parentId: 'Department', headId: 'User' },
    filters: { parentId: 'Department', headId: 'User' },
    dependents: { User: 'departmentId', Department: 'parentId', Employee: 'departmentId' },
  },
  Branch: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'address', length: 512 },
    initially: { isActive: true },
    references: {},
    filters: {},
    dependents: { User: 'branchId', Asset: 'branchId', Employee: 'branchId' },
  },
  Employee: {
    row: ({ code, label }) => ({ number: code, name: label, hiredOn: new Date('2020-01-01') }),
    code: 'number',
    label: 'name',
    orders: ['NUMBER', 'NAME', 'POSITION', 'EMPLOYMENT_TYPE', 'HIRED_ON', 'LEFT_ON'],
    text: { field: 'position', length: 128 },
    required: { hiredOn: '2020-01-01' },
    initially: { employmentType: 'REGULAR' },
    once: ['userId'],
    typed: {
      employmentType: {
        values: ['REGULAR', 'CONTRACT', 'PART_TIME', 'INTERN'],
        wrong: ['regular'],
        filter: 'choice',
        isNullable: false,
      },
      hiredOn: {
        values: ['1969-12-31', '2000-02-29', '2020-01-01'],
        wrong: ['2023-02-29', '01.01.2020'],
        filter: 'range',
        isNullable: false,
      },
      leftOn: {
        values: ['2020-01-01', '2024-02-29', '9999-12-31'],
        // The last of them is the day before the first.
        wrong: ['2023-02-29', '2019-12-31'],
        filter: 'range',
        isNullable: true,
      },
    },
    references: { userId: 'User', departmentId: 'Department', branchId: 'Branch', managerId: 'Employee' },
    filters: { userId: 'User', departmentId: 'Department', branchId: 'Branch', managerId: 'Employee' },
    // Another one doesn't take over what happened to an employee.
    dependents: {},
    // Where they work, and as what, changes by assignments alone.
    itself: { mutations: 'test/integration/employees.test.ts' },
  },
  Assignment: {
    row: ({ label }) => ({ position: label, startsOn: new Date('2020-01-02'), employmentType: 'REGULAR' }),
    code: null,
    label: 'position',
    orders: ['STARTS_ON'],
    text: { field: 'position', length: 128 },
    typed: {
      startsOn: {
        values: ['2020-01-01', '2024-02-29', '9999-12-31'],
        wrong: ['2023-02-29'],
        filter: 'range',
        isNullable: false,
      },
      employmentType: {
        values: ['REGULAR', 'CONTRACT', 'PART_TIME', 'INTERN'],
        wrong: ['regular'],
        filter: 'choice',
        isNullable: false,
      },
    },
    references: {
      employeeId: 'Employee',
      departmentId: 'Department',
      branchId: 'Branch',
      managerId: 'Employee',
    },
    needs: ['employeeId'],
    ownedThrough: 'employeeId',
    filters: {
      employeeId: 'Employee',
      departmentId: 'Department',
      branchId: 'Branch',
      managerId: 'Employee',
    },
    dependents: {},
    itself: { mutations: 'test/integration/assignments.test.ts' },
  },
  LeaveType: {
    row: (names) => ({ ...coded(names), isLimited: false }),
    label: 'name',
    orders: ['CODE', 'NAME'],
    text: { field: 'description', length: 1024 },
    initially: { isPaid: true, isAnnual: false, isActive: true, isLimited: true },
    typed: {
      maxCarryOverDays: {
        values: ['0', '0.5', '9999.5'],
        wrong: ['-0.5', '0.25', '0.3', '10000'],
        spelling: ['01.50', '1.5'],
        isNullable: true,
      },
    },
    references: {},
    filters: {},
    // Another one may have no room for its entitlements.
    dependents: {},
  },
  LeaveEntitlement: {
    row: ({ label }) => ({ note: label, year: 2026, days: 15 }),
    code: null,
    label: 'note',
    orders: ['YEAR', 'DAYS'],
    text: { field: 'note', length: 1024 },
    required: { year: 2026, days: '15' },
    initially: { carriedOverDays: '0', isOverridden: true },
    once: ['employeeId'],
    typed: {
      year: { values: [1900, 2025, 2026, 2999], wrong: [1899, 3000], filter: 'range', isNullable: false },
      days: {
        values: ['0', '0.5', '15', '9999.5'],
        wrong: ['-0.5', '0.25', '10000'],
        spelling: ['015.50', '15.5'],
        filter: 'range',
        isNullable: false,
      },
      carriedOverDays: { values: ['0', '0.5', '9999.5'], wrong: ['-0.5', '0.25'], isNullable: false },
    },
    references: { employeeId: 'Employee', leaveTypeId: 'LeaveType' },
    needs: ['employeeId', 'leaveTypeId'],
    ownedThrough: 'employeeId',
    filters: { employeeId: 'Employee', leaveTypeId: 'LeaveType' },
    dependents: {},
    // Its rows have no names.
    itself: { inputs: 'test/integration/leave-entitlements.test.ts' },
  },
  LeaveRequest: {
    row: ({ label }) => ({
      reason: label,
      startsOn: new Date('2026-01-05'),
      endsOn: new Date('2026-01-05'),
      days: 1,
    }),
    code: null,
    label: 'reason',
    orders: ['STARTS_ON', 'ENDS_ON', 'DAYS', 'STATUS', 'DECIDED_AT'],
    text: { field: 'reason', length: 1024 },
    typed: {
      startsOn: {
        values: ['2024-02-29', '2025-12-31', '2026-01-05'],
        wrong: ['2023-02-29'],
        filter: 'range',
        isNullable: false,
      },
      endsOn: {
        values: ['2026-01-05', '2026-01-06', '9999-12-31'],
        wrong: ['2023-02-29'],
        filter: 'range',
        isNullable: false,
      },
    },
    references: { employeeId: 'Employee', leaveTypeId: 'LeaveType' },
    needs: ['employeeId', 'leaveTypeId'],
    ownedThrough: 'employeeId',
    filters: { employeeId: 'Employee', leaveTypeId: 'LeaveType' },
    dependents: {},
    itself: { mutations: 'test/integration/leave-requests.test.ts' },
  },
  AttendanceRecord: {
    row: ({ label }) => ({
      note: label,
      workDate: new Date('2026-01-05'),
      clockedInAt: new Date('2026-01-05T00:00:00Z'),
    }),
    code: null,
    label: 'note',
    orders: ['WORK_DATE', 'CLOCKED_IN_AT', 'CLOCKED_OUT_AT'],
    text: { field: 'note', length: 1024 },
    typed: {
      workDate: {
        values: ['2026-01-04', '2026-01-05', '2026-01-06'],
        wrong: ['2023-02-29'],
        filter: 'range',
        isNullable: false,
      },
      clockedInAt: {
        values: ['2026-01-04T23:59:59.999Z', '2026-01-05T00:00:00.000Z'],
        wrong: ['2026-01-05'],
        filter: 'range',
        isNullable: false,
      },
      clockedOutAt: {
        values: ['2026-01-05T00:00:00.001Z', '2026-01-05T09:00:00.000Z'],
        wrong: ['2026-01-05'],
        filter: 'range',
        isNullable: true,
      },
    },
    references: { employeeId: 'Employee' },
    needs: ['employeeId'],
    ownedThrough: 'employeeId',
    filters: { employeeId: 'Employee' },
    dependents: {},
    itself: { mutations: 'test/integration/attendance.test.ts' },
  },
  Holiday: {
    row: ({ label }) => ({ name: label, date: anotherDay() }),
    code: null,
    label: 'name',
    orders: ['DATE', 'NAME'],
    text: { field: 'source', length: 255 },
    required: () => ({ date: anotherDay().toISOString().slice(0, 10) }),
    initially: { isSubstitute: false },
    once: ['date'],
    typed: {
      date: {
        values: ['1969-12-31', '2024-02-29', '2024-03-01', '9999-12-31'],
        wrong: ['2023-02-29', '31.01.2026'],
        filter: 'range',
        isNullable: false,
      },
    },
    references: {},
    filters: {},
    dependents: {},
  },
  Asset: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME', 'STATUS', 'PURCHASED_ON', 'PRICE', 'WARRANTY_MONTHS', 'INVENTORIED_AT'],
    text: { field: 'note', length: 1024 },
    initially: { status: 'STORED' },
    typed: {
      status: {
        values: ['STORED', 'IN_USE', 'REPAIR', 'RETIRED'],
        wrong: ['LOST', 'stored'],
        filter: 'choice',
        isNullable: false,
      },
      purchasedOn: {
        values: ['0001-01-01', '0099-12-31', '1969-12-31', '2024-02-29', '2024-03-01', '9999-12-31'],
        wrong: ['2023-02-29', '31.01.2026'],
        filter: 'range',
        isNullable: true,
      },
      price: {
        values: [
          '0',
          '0.0001',
          '0.1',
          '900719925474099.3001',
          '900719925474099.3002',
          '999999999999999.9999',
        ],
        wrong: ['-0.01', '0.00001', '1000000000000000', '1e3'],
        spelling: ['0012.50000', '12.5'],
        filter: 'range',
        isNullable: true,
      },
      warrantyMonths: { values: [0, 1, 2, 10, 600], wrong: [-1, 601], filter: 'range', isNullable: true },
      inventoriedAt: {
        values: ['0001-01-01T00:00:00.000Z', '2026-03-29T01:00:00.001Z', '2026-03-29T01:00:00.002Z'],
        wrong: ['2026-03-29', '2026-02-30T00:00:00Z'],
        spelling: ['2026-03-29T03:00:00.001+02:00', '2026-03-29T01:00:00.001Z'],
        filter: 'range',
        isNullable: true,
      },
    },
    references: { holderId: 'User', branchId: 'Branch' },
    filters: { holderId: 'User', branchId: 'Branch' },
    dependents: {},
  },
  Pipeline: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME', 'POSITION'],
    text: { field: 'description', length: 1024 },
    initially: { position: 0, isDefault: false },
    typed: { position: { values: [0, 1, 2, 10_000], wrong: [-1, 10_001], isNullable: false } },
    references: {},
    filters: {},
    // Another one doesn't take its stages over.
    dependents: {},
  },
  Stage: {
    row: (names) => ({ ...coded(names), probability: 10 }),
    label: 'name',
    orders: ['CODE', 'NAME', 'POSITION', 'PROBABILITY', 'OUTCOME'],
    text: { field: 'description', length: 1024 },
    required: { probability: 10 },
    initially: { position: 0, outcome: 'OPEN' },
    typed: {
      position: { values: [0, 1, 2, 10_000], wrong: [-1, 10_001], isNullable: false },
      probability: { values: [0, 1, 99, 100], wrong: [-1, 101], filter: 'range', isNullable: false },
      outcome: { values: ['OPEN', 'WON', 'LOST'], wrong: ['open'], filter: 'choice', isNullable: false },
    },
    references: { pipelineId: 'Pipeline' },
    needs: ['pipelineId'],
    fixed: ['pipelineId'],
    filters: { pipelineId: 'Pipeline' },
    dependents: { Deal: 'stageId' },
  },
  Customer: {
    row: coded,
    label: 'name',
    orders: ['CODE', 'NAME', 'KIND', 'INDUSTRY', 'SIZE', 'STATUS'],
    text: { field: 'address', length: 512 },
    initially: { kind: 'COMPANY', status: 'LEAD', tags: [] },
    typed: {
      kind: { values: ['COMPANY', 'PERSON'], wrong: ['company'], filter: 'choice', isNullable: false },
      size: {
        values: ['MICRO', 'SMALL', 'MEDIUM', 'LARGE'],
        wrong: ['HUGE'],
        filter: 'choice',
        isNullable: true,
      },
      status: {
        values: ['LEAD', 'ACTIVE', 'DORMANT', 'LOST'],
        wrong: ['GONE'],
        filter: 'choice',
        isNullable: false,
      },
    },
    references: { ownerId: 'User' },
    filters: { ownerId: 'User' },
    dependents: { Contact: 'customerId', Deal: 'customerId', Activity: 'customerId' },
  },
  Contact: {
    row: ({ label }) => ({ name: label }),
    code: null,
    label: 'name',
    orders: ['NAME', 'TITLE'],
    text: { field: 'note', length: 1024 },
    initially: { isPrimary: false },
    references: { customerId: 'Customer', ownerId: 'User' },
    needs: ['customerId'],
    filters: { customerId: 'Customer', ownerId: 'User' },
    dependents: { Deal: 'contactId', Activity: 'contactId' },
  },
  Deal: {
    row: ({ label }) => ({ title: label }),
    code: null,
    label: 'title',
    orders: ['TITLE', 'AMOUNT', 'EXPECTED_CLOSE_ON', 'STAGE_ENTERED_AT', 'CLOSED_AT'],
    text: { field: 'description', length: 4096 },
    initially: { currency: 'KRW' },
    typed: {
      amount: {
        values: ['0', '0.0001', '900719925474099.3001', '900719925474099.3002', '999999999999999.9999'],
        wrong: ['-0.01', '0.00001', '1000000000000000'],
        spelling: ['0012.50000', '12.5'],
        filter: 'range',
        isNullable: true,
      },
      expectedCloseOn: {
        values: ['1969-12-31', '2024-02-29', '2024-03-01', '9999-12-31'],
        wrong: ['2023-02-29', '31.01.2026'],
        filter: 'range',
        isNullable: true,
      },
    },
    shares: 'customerId',
    references: { customerId: 'Customer', contactId: 'Contact', ownerId: 'User', stageId: 'Stage' },
    needs: ['customerId', 'stageId'],
    fixed: ['stageId'],
    filters: { customerId: 'Customer', contactId: 'Contact', ownerId: 'User', stageId: 'Stage' },
    dependents: { Activity: 'dealId' },
  },
  Activity: {
    row: ({ label }) => ({ subject: label, kind: 'CALL' }),
    code: null,
    label: 'subject',
    orders: ['SUBJECT', 'KIND', 'DUE_AT', 'DONE_AT'],
    text: { field: 'body', length: 4096 },
    required: { kind: 'CALL' },
    typed: {
      kind: {
        values: ['CALL', 'MEETING', 'MAIL', 'TASK', 'NOTE'],
        wrong: ['FAX'],
        filter: 'choice',
        isNullable: false,
      },
      dueAt: {
        values: ['2026-03-29T01:00:00.001Z', '2026-03-29T01:00:00.002Z'],
        wrong: ['2026-03-29'],
        spelling: ['2026-03-29T03:00:00.001+02:00', '2026-03-29T01:00:00.001Z'],
        filter: 'range',
        isNullable: true,
      },
      doneAt: {
        values: ['2026-03-29T01:00:00.001Z', '2026-03-29T01:00:00.002Z'],
        wrong: ['2026-03-29'],
        filter: 'range',
        isNullable: true,
      },
    },
    shares: 'customerId',
    references: { customerId: 'Customer', contactId: 'Contact', dealId: 'Deal', assigneeId: 'User' },
    // One of the three at least.
    needs: ['customerId'],
    filters: { customerId: 'Customer', contactId: 'Contact', dealId: 'Deal', assigneeId: 'User' },
    dependents: {},
  },
};

/** An entity with all that the tests know of it. */
export interface TestedEntity extends EntityTests {
  readonly name: EntityName;
  readonly model: (typeof entities)[number]['model'];
  readonly resource: Resource;
  /** The name of its list. */
  readonly list: ListName;
  readonly code: string | null;
  readonly needs: readonly string[];
  readonly once: readonly string[];
  readonly fixed: readonly string[];
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
    code: 'code',
    needs: [],
    once: [],
    fixed: [],
    ...tests,
    name,
    model,
    resource,
    list: listOf(name),
    idArgument: `${model}Id`,
    table: `${schema}.${table}`,
    allOrders: ['CREATED_AT', 'UPDATED_AT', ...tests.orders],
  };
}

/** The entities that leave that part to the tests of all. */
export const testedFor = (part: Part): readonly TestedEntity[] =>
  testedEntities.filter(({ itself }) => itself?.[part] === undefined);

/** Those with the usual four mutations that leave that part to the tests of all. */
export const changedFor = (part: Part): readonly TestedEntity[] =>
  testedFor(part).filter(({ itself }) => itself?.mutations === undefined);

/** Entities with their names before them, for the titles of tests. */
export const byName = (list: readonly TestedEntity[]) => list.map((entity) => [entity.name, entity] as const);

/** The name by which a list is ordered by a column, e.g. `PURCHASED_ON` for `purchasedOn`. */
export const orderBy = (column: string) => column.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** A value of a field as Prisma takes it. */
export const storedValue = (value: string | number | null) =>
  typeof value === 'string' && /^\d{4}-/.test(value) ? new Date(value) : value;

/** Values for the fields of other kinds than text: for one row after the other, several alike, some without any. */
export function typedValues({ typed = {}, once = [] }: EntityTests, index: number): object {
  return Object.fromEntries(
    Object.entries(typed).flatMap(([field, { values, isNullable }]) => {
      const all = [...values, ...(isNullable ? [null, null] : [])];
      return once.includes(field) ? [] : [[field, storedValue(all[(index * 5) % all.length] ?? null)]];
    }),
  );
}

/** The names of a new row in its input. */
export function inputNames(
  { code, label }: Pick<TestedEntity, 'code' | 'label'>,
  names: Partial<Names> = {},
): Record<string, string> {
  const coded = code === null ? {} : { [code]: names.code ?? `c-${randomUUID()}` };
  return { ...coded, [label]: names.label ?? 'New' };
}

/** What the input for a new row needs besides its names and the rows that it refers to. */
export function requiredValues({ required = {} }: Pick<EntityTests, 'required'>): object {
  return typeof required === 'function' ? required() : required;
}

/** The least that the input for a new row needs, with rows that it can refer to. @param given takes their place. */
export async function inputFor(
  db: TenantDatabase,
  entity: TestedEntity,
  given: object = {},
): Promise<Record<string, unknown>> {
  return {
    ...inputNames(entity),
    ...requiredValues(entity),
    ...(await addNeeded(db, entity, given)),
    ...given,
  };
}

/** Adds a row for each reference that every row of an entity has. @param given references that there are already. */
export async function addNeeded(
  db: TenantDatabase,
  { references, needs = [], ownedThrough }: EntityTests,
  given: object = {},
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const [field, type] of Object.entries(references)) {
    const more = field === ownedThrough && 'userId' in given ? { userId: given.userId } : {};
    if (needs.includes(field) && !(field in given)) ids[field] = await addRow(db, type, more);
  }
  return ids;
}

/** Adds the row that an entity's rows have to have in common with those that they refer to. @returns its id, by the field. */
export async function addShared(
  db: TenantDatabase,
  { references, shares }: EntityTests,
): Promise<Record<string, string>> {
  const type = shares === undefined ? undefined : references[shares];
  return shares === undefined || type === undefined ? {} : { [shares]: await addRow(db, type) };
}

/** Those of the columns that rows of a type have. */
export const sharedBy = (type: EntityName, shared: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(shared).filter(([column]) => column in entityTable[type].references));

/** Adds a row for each reference of an entity. @param more columns of all of them. @returns their ids by the fields. */
export async function addReferences(
  db: TenantDatabase,
  entity: EntityTests,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, string>> {
  const shared = await addShared(db, entity);
  const ids = { ...shared };
  for (const [field, type] of Object.entries(entity.references)) {
    ids[field] ??= await addRow(db, type, { ...more, ...sharedBy(type, shared) });
  }
  return ids;
}

/** The same for several rows, in which that user is every user whom they refer to. */
export async function addReferencesTo(
  userId: string,
  db: TenantDatabase,
  entity: EntityTests,
): Promise<Record<string, string>> {
  const ids = await addReferences(db, entity);
  for (const [field, type] of Object.entries(entity.references)) if (type === 'User') ids[field] = userId;
  const { once = [] } = entity;
  return Object.fromEntries(Object.entries(ids).filter(([field]) => !once.includes(field)));
}

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
  const entity = entityTable[name];
  const needed = await addNeeded(db, entity, more);
  const data = { ...entity.row({ code, label }), ...needed, ...more };
  return (await delegateOf(db, name).create({ data })).id;
}
