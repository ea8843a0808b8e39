import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { RowScope } from '../../../src/auth/row-scopes.ts';
import { answerKey, type Requester } from '../../../src/graphql/response-cache/answer-key.ts';

const question = { document: parse('{ me { id } }'), operationName: null, variables: {} };

const keyFor = (
  scopes: readonly (readonly [string, RowScope])[],
  colleagueIds: readonly string[] = [],
  headedIds: readonly string[] = [],
) => {
  const viewer: Requester['viewer'] = {
    userId: 'user',
    role: 'tenant_user',
    permissions: new Set(scopes.map(([permission]) => permission)),
    reach: { scopes: new Map(scopes), colleagueIds, headedIds },
  };
  return answerKey(
    'build',
    { tenant: { id: 1, tenantKey: 'acme01', publicSettings: [] }, viewer, language: 'en' },
    question,
  );
};

describe('the key of an answer', () => {
  it('is the same for the same rights, in whatever order they were read', () => {
    const [one, other] = [['assets:read', 'OWN'] as const, ['users:read', 'ALL'] as const];
    expect(keyFor([one, other], ['a', 'b'])).toBe(keyFor([other, one], ['b', 'a']));
  });

  it('is another for another scope, for other colleagues, and for other people whom they head', () => {
    const keys = [
      keyFor([['assets:read', 'ALL']]),
      keyFor([['assets:read', 'OWN']]),
      keyFor([['assets:read', 'DEPARTMENT']], ['user']),
      keyFor([['assets:read', 'DEPARTMENT']], ['user', 'colleague']),
      keyFor([['assets:read', 'DEPARTMENT']], ['user'], ['colleague']),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
