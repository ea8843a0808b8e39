import { expect, it } from 'vitest';
import { type ContextOptions, createContext } from '../../../src/graphql/context.ts';

it('has no getters of its own, for which V8 would keep it until the next full garbage collection', () => {
  const context = createContext({
    facts: {},
    admission: { kind: 'anonymous' },
  } as ContextOptions);
  const own = Object.entries(Object.getOwnPropertyDescriptors(context));
  expect(own.filter(([, { get }]) => get)).toEqual([]);
});
