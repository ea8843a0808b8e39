import { RequestCache } from '@pothos/plugin-scope-auth';
import { afterEach, expect, it, vi } from 'vitest';
import { type ContextOptions, createContext } from '../../../src/graphql/context.ts';
import { createExecutor } from '../../../src/graphql/execute-operation.ts';
import { createPreparedDocuments } from '../../../src/graphql/prepared-documents.ts';
import { schema } from '../../../src/schema.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([true, false])(
  'an operation leaves nothing of its context in the cache of guards (with a plan: %s)',
  async (usesPlans) => {
    const found = vi.spyOn(RequestCache, 'fromContext');
    const documents = createPreparedDocuments(schema, { depth: 10, complexity: 1_000, tokens: 1_000 });
    const operation = documents.operation(documents.parse('{ me { fullName } }'), null);
    if (!operation) throw new Error('There is no such operation.');
    const context = createContext({
      facts: { requestId: 'request' },
      admission: { kind: 'anonymous' },
    } as ContextOptions);
    const { errors } = await createExecutor(schema, usesPlans)(operation, {}, {}, context);
    expect(errors).toHaveLength(1);
    const [call] = found.mock.calls;
    if (!call) throw new Error('No guard was asked.');
    expect(found.mock.results[0]?.value).not.toBe(RequestCache.fromContext(...call));
  },
);
