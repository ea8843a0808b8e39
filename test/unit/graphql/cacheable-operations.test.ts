import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createCacheableCheck } from '../../../src/graphql/response-cache/cacheable-operations.ts';
import { schema } from '../../../src/schema.ts';

const isCacheable = createCacheableCheck(schema);

describe('the answer of an operation', () => {
  it.each([
    '{ me { id role { permissions { code } } } }',
    '{ __typename users { edges { node { createdBy { username } } } pageInfo { totalCount } } }',
    '{ node(id: "x") { id ... on User { username } } }',
    'query ($with: Boolean!) { ...all } fragment all on Query { role(roleId: "x") { name @include(if: $with) } }',
    '{ auditLog(from: "2026-01-01T00:00:00Z") { edges { node { changes { before } } } } }',
  ])('is kept when it follows from the rows alone: %s', (text) => {
    expect(isCacheable(parse(text), null)).toBe(true);
  });

  it.each([
    ['what depends on the clock and the session', '{ me { id } sessions { id } }'],
    [
      'the same, left out by a variable',
      'query ($no: Boolean!) { me { id } sessions @include(if: $no) { id } }',
    ],
    ['the same in a fragment', '{ me { id } ...more } fragment more on Query { sessions { id } }'],
    ['the central database', '{ tenants { edges { node { tenantKey } } } }'],
    ['the central database behind a node', '{ node(id: "x") { ... on Tenant { tenantKey } } }'],
    ['a mutation', 'mutation { logout { success } }'],
    ['the schema alone', '{ __typename __schema { queryType { name } } }'],
  ])('is not kept when it asks for %s', (_what, text) => {
    expect(isCacheable(parse(text), null)).toBe(false);
  });

  it('is decided for each operation of a document, and for none that is not there', () => {
    const document = parse('query one { me { id } } query two { sessions { id } }');
    expect(['one', 'two', 'three', null].map((name) => isCacheable(document, name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(isCacheable(document, 'one')).toBe(true);
  });
});
