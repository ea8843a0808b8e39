import { describe, expect, it } from 'vitest';
import { testedEntities, testedEntity } from './entity-table.ts';

/** Whom nothing keeps from being deleted, what has deletions of its own, and what nothing takes over. */
const deletedTheirOwnWay: readonly string[] = ['User', 'Role', 'Pipeline', 'Employee', 'LeaveType'];

/** What keeps nothing from being deleted: rows of history, which go on naming it. */
const history: readonly string[] = ['Assignment'];

const references = testedEntities.flatMap(({ name, references }) =>
  Object.entries(references).flatMap(([field, type]) =>
    deletedTheirOwnWay.includes(type) || history.includes(name) ? [] : [[type, name, field] as const],
  ),
);

describe('the table of tested entities', () => {
  it.each(references)('says that a %s is kept by what %s.%s refers to', (type, name, field) => {
    expect(
      testedEntity(type).dependents,
      `A ${type} could be deleted while ${name}.${field} refers to it. Add { entity: '${name}', column: '${field}' } to the dependents in the service of ${type}, and ${name}: '${field}' to those of its row in test/entities/entity-table.ts.`,
    ).toMatchObject({ [name]: field });
  });
});
