import { existsSync } from 'node:fs';
import { getNullableType, isInputObjectType, isListType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { entities } from '../../../src/catalogue/entities.ts';
import { schema } from '../../../src/schema.ts';
import { definitionOf } from '../../entities/entity-definitions.ts';
import { byName, entityTable, testedEntities } from '../../entities/entity-table.ts';

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

  it.each(byName(testedEntities))(
    'knows every way of %s to rows of other types',
    (_name, { name, list: listName, references, fixed, filters, dependents, itself }) => {
      const input = schema.getType(`${name}UpdateInput`)?.toConfig();
      const fields = Object.keys(input && 'fields' in input ? input.fields : {});
      const ids = (names: readonly string[]) => names.filter((field) => field.endsWith('Id')).sort();
      if (itself?.mutations === undefined)
        expect(ids([...fields, ...fixed])).toEqual(Object.keys(references).sort());
      const list = schema.getQueryType()?.getFields()[listName];
      expect(ids((list?.args ?? []).map((argument) => argument.name))).toEqual(Object.keys(filters).sort());
      const deletion = schema.getMutationType()?.getFields()[`delete${name}`];
      expect((deletion?.args ?? []).some((argument) => argument.name === 'reassignTo')).toBe(
        Object.keys(dependents).length > 0,
      );
    },
  );

  it.each(byName(testedEntities))(
    'knows every field of %s of another kind than text',
    (name, { typed = {} }) => {
      // A switch has two values, references have rows of their own above, and lists hold texts.
      const known = new Set(['String', 'Boolean', 'ID']);
      const others = definitionOf(name).columns.flatMap(([field, { type }]) =>
        Array.isArray(type) || (typeof type === 'string' && known.has(type)) ? [] : [field],
      );
      const missing = others.filter((field) => !(field in typed));
      expect(
        missing,
        `Add to \`typed\` of the row of ${name} in test/entities/entity-table.ts what these fields hold and refuse: ${missing.join(', ')}.`,
      ).toEqual([]);
      expect(
        Object.keys(typed).sort(),
        `\`typed\` of ${name} names a field that its service has not.`,
      ).toEqual(others.sort());
    },
  );

  it.each(byName(testedEntities))(
    'knows how the list of %s is filtered by these',
    (name, { list: listName, typed = {} }) => {
      const list = schema.getQueryType()?.getFields()[listName];
      for (const [field, { filter }] of Object.entries(typed)) {
        const argument = list?.args.find((each) => each.name === field);
        const type = argument && getNullableType(argument.type);
        const kind = isInputObjectType(type) ? 'range' : isListType(type) ? 'choice' : undefined;
        expect(
          filter,
          `${listName}(${field}:) is ${kind ? `a ${kind}` : 'no filter'}: let \`filter\` of ${field} say so in the row of ${name} in test/entities/entity-table.ts.`,
        ).toBe(kind);
      }
    },
  );
});

describe('the descriptions of mutations', () => {
  const descriptionOf = (name: string) => schema.getMutationType()?.getFields()[name]?.description;

  it('name what is unique as far as it is', () => {
    expect(descriptionOf('createContact')).not.toContain('CONFLICT');
    expect(descriptionOf('deleteContact')).not.toContain('can be used again');
    expect(descriptionOf('createPipeline')).toContain('when another pipeline has the code.');
    expect(descriptionOf('createStage')).toContain('when another stage has the code in the pipeline.');
    for (const { name } of entities) {
      const { unique, uniqueWords } = definitionOf(name);
      expect(Object.keys(unique)).toEqual(expect.arrayContaining(Object.keys(uniqueWords)));
    }
  });
});
