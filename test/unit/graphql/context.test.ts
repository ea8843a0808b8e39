import { expect, it } from 'vitest';
import { type ContextOptions, createContext } from '../../../src/graphql/context.ts';

it('has no own getters, which would make V8 keep it until the next full garbage collection', () => {
  const context = createContext({
    facts: {},
    admission: { kind: 'anonymous' },
  } as ContextOptions);
  const own = Object.entries(Object.getOwnPropertyDescriptors(context));
  expect(own.filter(([, { get }]) => get)).toEqual([]);
});
