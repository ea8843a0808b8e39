import { type FieldNode, Kind, parse } from 'graphql';
import { expect, it } from 'vitest';
import { selectsRows } from '../../../src/graphql/selected-rows.ts';

/** The field of the query in `text`, and its fragments, as a resolver gets them. */
function infoOf(text: string) {
  const { definitions } = parse(text);
  const fieldNodes: FieldNode[] = [];
  const fragments: Record<
    string,
    Extract<(typeof definitions)[number], { kind: Kind.FRAGMENT_DEFINITION }>
  > = {};
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const selection of definition.selectionSet.selections) {
      if (selection.kind === Kind.FIELD) fieldNodes.push(selection);
    }
  }
  return { fieldNodes, fragments };
}

it.each([
  '{ users { pageInfo { totalCount } } }',
  '{ users { n: totalCount ... { totalCount } pageInfo { totalCount } } }',
  '{ users { __typename pageInfo { __typename n: totalCount } } }',
  '{ users { ...F } } fragment F on UserConnection { pageInfo { ... { totalCount } } }',
  '{ users { ... on UserConnection { p: pageInfo { totalCount } } } }',
])('are not needed for %s', (text) => {
  expect(selectsRows(infoOf(text))).toBe(false);
});

it.each([
  '{ users { edges { cursor } } }',
  '{ users { pageInfo { totalCount hasNextPage } } }',
  '{ users { totalCount edges { cursor } } }',
  '{ users { pageInfo { totalCount ...F } } } fragment F on PageInfo { endCursor }',
  '{ users { ...F pageInfo { totalCount } } } fragment F on UserConnection { edges { cursor } }',
  '{ users { pageInfo { totalCount } } users { edges { cursor } } }',
  '{ users { pageInfo { totalCount } edges @skip(if: true) { cursor } } }',
])('are needed for %s', (text) => {
  expect(selectsRows(infoOf(text))).toBe(true);
});
