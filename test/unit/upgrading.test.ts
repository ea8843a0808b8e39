import { readFile } from 'node:fs/promises';
import {
  BreakingChangeType,
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/schema.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The pattern of graphql-js' description of each kind of change, and the guide's name for the changed element. */
const wordings: readonly [RegExp, string][] = [
  [/^(\w+)\.(\w+) arg (\w+) .*/, '$1.$2($3:)'],
  [/^\w+ required arg (\w+) on (\w+\.\w+) was added.*/, '$2($1:)'],
  [/^\w+ required arg (\w+) on directive (\w+) was added.*/, '@$2($1:)'],
  [/^\w+ required field (\w+) on input type (\w+) was added.*/, '$2.$1'],
  [/^(\w+) was (?:removed from|added to) (?:enum|union) type (\w+).*/, '$2.$1'],
  [/^(?:Repeatable flag|\w+) was removed from (\w+)\.$/, '@$1'],
  [/^(?:Standard scalar )?([\w.]+) (?:was removed|changed|no longer implements).*/, '$1'],
];

/** The name of what was changed, e.g. `Query.auditLog(entityId:)`. */
function nameOf(description: string): string {
  for (const [wording, name] of wordings) {
    if (wording.test(description)) return description.replace(wording, name);
  }
  throw new Error(`No name for: ${description}`);
}

describe('docs/upgrading.md', () => {
  it('names every change since the last release that may break a client', async () => {
    const [released, guide] = await Promise.all([
      read('test/schema/released.graphql'),
      read('docs/upgrading.md'),
    ]);
    const [, section = ''] = guide.split('\n## ');
    const before = buildSchema(released);
    const changes = [
      ...findBreakingChanges(before, schema),
      // A client that tells values apart meets one that it doesn't know.
      ...findDangerousChanges(before, schema).filter(
        ({ type }) => type === DangerousChangeType.VALUE_ADDED_TO_ENUM,
      ),
    ];
    const unnamed = changes.filter(({ description }) => !section.includes(`\`${nameOf(description)}\``));
    expect(unnamed.map(({ description }) => description)).toEqual([]);
  });

  it('has a name for every kind of change that graphql-js finds', () => {
    const before = buildSchema(`
      directive @gone on FIELD
      directive @moved(a: Int) repeatable on FIELD | QUERY
      interface Named { name: String }
      type Query implements Named { name: String, old(a: Int, b: Int, d: Int): Int, gone: Int, any: Any, kind: Kind, gift: Gift }
      type Gift { x: Int }
      union Any = Query | Gift
      enum Kind { ONE TWO }
      input Wish { a: Int }
      scalar Gone
    `);
    const after = buildSchema(`
      directive @moved(b: Int!) on FIELD
      interface Named { name: String }
      type Query { name: String, old(a: ID, c: Int!, d: Int): String, any: Any, kind: Kind, gift: Gift }
      scalar Gift
      union Any = Query
      enum Kind { ONE }
      input Wish { a: Int, b: Int! }
    `);
    const changes = findBreakingChanges(before, after);
    expect(new Set(changes.map(({ type }) => type))).toEqual(new Set(Object.values(BreakingChangeType)));
    expect(changes.map(({ description }) => nameOf(description)).sort()).toEqual(
      [
        ...['gone', '@moved', '@moved', '@moved', '@moved(b:)'],
        ...['Any.Gift', 'Gift', 'Gone', 'Kind.TWO', 'Wish.b'],
        ...['Query', 'Query.gone', 'Query.old', 'Query.old(a:)', 'Query.old(b:)', 'Query.old(c:)'],
      ].sort(),
    );
  });
});
