import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entities } from '../../../src/catalogue/entities.ts';
import { schema } from '../../../src/schema.ts';
import { entityTable, testedEntities } from '../../entities/entity-table.ts';

const root = new URL('../../../', import.meta.url);

describe('the table of tested entities', () => {
  it('has a row for every entity of the catalogue, and for nothing else', () => {
    expect(Object.keys(entityTable).sort()).toEqual(entities.map(({ name }) => name).sort());
  });

  it('names the file of every part that an entity tests itself', () => {
    for (const { itself = {} } of testedEntities) {
      for (const path of Object.values(itself))
        expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
    }
  });

  it.each(testedEntities.map((entity) => [entity.name, entity] as const))(
    'knows every way of %s to rows of other types',
    (_name, { name, resource, references, filters, dependents }) => {
      const input = schema.getType(`${name}UpdateInput`)?.toConfig();
      const fields = Object.keys(input && 'fields' in input ? input.fields : {});
      const ids = (names: readonly string[]) => names.filter((field) => field.endsWith('Id')).sort();
      expect(ids(fields)).toEqual(Object.keys(references).sort());
      const list = schema.getQueryType()?.getFields()[resource];
      expect(ids((list?.args ?? []).map((argument) => argument.name))).toEqual(Object.keys(filters).sort());
      const deletion = schema.getMutationType()?.getFields()[`delete${name}`];
      expect((deletion?.args ?? []).some((argument) => argument.name === 'reassignTo')).toBe(
        Object.keys(dependents).length > 0,
      );
    },
  );
});
