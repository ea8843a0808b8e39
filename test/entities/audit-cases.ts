import { expect } from 'vitest';
import { movedField } from '../../src/audit/moved-field.ts';
import type { TestTenant } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import {
  addNeeded,
  addReferences,
  addRow,
  changedFor,
  inputNames,
  requiredValues,
  type TestedEntity,
  testedEntities,
} from './entity-table.ts';

/** A record as a test expects it, without what is the same in all. */
interface Expected {
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string | null;
  readonly changes?: object;
}

/** A change that a test can ask for, and the records that it leaves, the first first. */
export interface AuditCase {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The viewer; absent for the administrator, null for nobody. */
  readonly token?: string | null;
  /** Knows what the answer told. */
  records(answer: ClientAnswer): readonly Expected[];
  /** The record's author if it is nobody, or not the administrator. */
  readonly by?: { readonly userId: string | null; readonly username: string | null };
}

type Database = TestTenant['db'];

/** A record's entry for a field. */
export const change = (before: unknown, after: unknown) => ({ before, after });

export const deletion = { deletedAt: change(null, expect.any(String)) };
export const restoration = { deletedAt: change(expect.any(String), null) };

/** The fields of a change, each with what it held before and holds since. */
const changesOf = (values: object, of: (value: unknown) => object) =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [field, of(value)]));

/** Adds a row of each type that refers to an entity's. @returns what the log says of them when they are moved. */
async function addDependents(db: Database, { dependents }: TestedEntity, id: string): Promise<object> {
  const moved: Record<string, object> = {};
  for (const { name } of testedEntities) {
    const column = dependents[name];
    if (column === undefined) continue;
    moved[movedField(name)] = change(null, [await addRow(db, name, { [column]: id })]);
  }
  return moved;
}

const without = (values: object, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field)));

/** The four changes of an entity, by their mutations. */
function casesOf(entity: TestedEntity): Record<string, (db: Database) => Promise<AuditCase>> {
  const { name, model, idArgument, label, text, needs, fixed, initially } = entity;
  const record = (verb: string, entityId: string, changes: object): Expected[] => [
    { action: `${model}.${verb}`, entityType: name, entityId, changes },
  ];
  return {
    [`create${name}`]: async (db) => {
      const input = {
        ...inputNames(entity),
        [text.field]: '서울',
        ...requiredValues(entity),
        ...(await addReferences(db, entity)),
      };
      return {
        query: `mutation ($input: ${name}CreateInput!) { create${name}(input: $input) { uuid } }`,
        variables: { input },
        records: ({ data }) =>
          record('create', data[`create${name}`].uuid, {
            ...changesOf({ ...initially, ...input }, (value) => change(null, value)),
          }),
      };
    },
    [`update${name}`]: async (db) => {
      const references = await addReferences(db, entity);
      const kept = Object.fromEntries(needs.map((field) => [field, references[field]]));
      const id = await addRow(db, name, { [text.field]: 'Text', ...kept });
      return {
        query: `mutation ($id: ID!, $input: ${name}UpdateInput!) { update${name}(${idArgument}: $id, input: $input) { uuid } }`,
        // Its name stays the same.
        variables: { id, input: { [label]: 'Before', [text.field]: null, ...without(references, fixed) } },
        records: () =>
          record('update', id, {
            [text.field]: change('Text', null),
            ...changesOf(without(references, needs), (value) => change(null, value)),
          }),
      };
    },
    [`delete${name}`]: async (db) => {
      // Some take over only from those beside them.
      const beside = await addNeeded(db, entity);
      const id = await addRow(db, name, beside);
      const moved = await addDependents(db, entity, id);
      if (Object.keys(moved).length === 0) {
        return {
          query: `mutation ($id: ID!) { delete${name}(${idArgument}: $id) { success } }`,
          variables: { id },
          records: () => record('delete', id, deletion),
        };
      }
      const to = await addRow(db, name, beside);
      return {
        query: `mutation ($id: ID!, $to: ID) { delete${name}(${idArgument}: $id, reassignTo: $to) { success } }`,
        variables: { id, to },
        records: () => record('delete', id, { ...deletion, reassignedTo: change(null, to), ...moved }),
      };
    },
    [`restore${name}`]: async (db) => {
      const deletedAt = new Date();
      const gone = without(await addReferences(db, entity, { deletedAt }), needs);
      const id = await addRow(db, name, { deletedAt, ...gone });
      return {
        query: `mutation ($id: ID!) { restore${name}(${idArgument}: $id) { uuid } }`,
        variables: { id },
        records: () =>
          record('restore', id, { ...restoration, ...changesOf(gone, (value) => change(value, null)) }),
      };
    },
  };
}

/** The changes of the entities that have no cases of their own. */
export const entityCases = Object.fromEntries(
  changedFor('audit').flatMap((entity) => Object.entries(casesOf(entity))),
);
