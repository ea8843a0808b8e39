import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { QueryTooComplexError } from '../../../src/errors/index.ts';
import { assertShallowJson, maximumJsonNesting, parseWithinLimit } from '../../../src/graphql/limits.ts';

const tokens = 1_000_000;
const parse = (text: string) => parseWithinLimit(text, tokens);
const around = (open: string, inner: string, close: string, depth: number) =>
  `${open.repeat(depth)}${inner}${close.repeat(depth)}`;

const chain = (length: number, link = (name: string) => `...${name}`) =>
  `{ ...F0 } ${Array.from({ length }, (_, index) => `fragment F${index} on Query { ${link(`F${index + 1}`)} }`).join(' ')}
   fragment F${length} on Query { __typename }`;

/** A document with each construct of the language that can be nested, by depth. */
const constructs: Readonly<Record<string, (depth: number) => string>> = {
  'lists as values': (depth) => `{ a(b: ${around('[', '1', ']', depth)}) }`,
  'objects as values': (depth) => `{ a(b: ${around('{ c: ', '1', '}', depth)}) }`,
  'objects in lists': (depth) => `{ a(b: ${around('[{ c: ', '1', '}]', depth)}) }`,
  'default values': (depth) => `query ($a: A = ${around('[', '1', ']', depth)}) { a }`,
  'arguments of directives': (depth) => `query @a(b: ${around('[', '1', ']', depth)}) { a }`,
  'types of variables': (depth) => `query ($a: ${around('[', 'Int', ']', depth)}) { a }`,
  'selection sets': (depth) => around('{ a ', '', '}', depth),
  'inline fragments': (depth) => `{ ${around('... { ', 'a', '}', depth)} }`,
  'inline fragments with types': (depth) => `{ ${around('... on Query { ', 'a', '}', depth)} }`,
  'fragments that spread each other': (depth) => chain(depth),
  'fragments that spread each other inside others': (depth) =>
    chain(depth / 10, (name) => around('... { ', `...${name}`, '}', 10)),
  'fragments that go round in a long circle': (depth) => `${chain(depth)} fragment X on Query { ...F0 }`,
  'fragments that nobody spreads': (depth) => chain(depth).replace('{ ...F0 }', '{ a }'),
  'types of a schema': (depth) => `type A { a: ${around('[', 'Int', ']', depth)} }`,
};

describe.each(Object.entries(constructs))('%s', (what, construct) => {
  it.each([1_500, 20_000])('nested %i deep are refused as too complex', (depth) => {
    expect(() => parse(construct(depth))).toThrow(QueryTooComplexError);
  });

  // In the text, fragments are not nested in one another.
  it.skipIf(what.startsWith('fragments'))('are refused as too complex where they never end', () => {
    expect(() => parse(construct(1_500).replace(/[\]})]+\s*$/, ''))).toThrow(QueryTooComplexError);
  });

  it('nested 50 deep are parsed', () => {
    expect(parse(construct(50)).kind).toBe('Document');
  });
});

describe('a document', () => {
  it('that is wrong before it is too deep is wrong', () => {
    expect(() => parse('{'.repeat(20_000))).toThrow(GraphQLError);
    expect(() => parse(`{ a ? ${'['.repeat(1_000)}`)).toThrow(/Syntax Error/);
  });

  it('with brackets in its texts and comments is not deep', () => {
    expect(parse(`# ${'['.repeat(1_000)}\n{ a(b: "${'{'.repeat(1_000)}") }`).kind).toBe('Document');
  });

  it('that is too long and too deep is told what comes first', () => {
    expect(() => parseWithinLimit(`{ ${'a '.repeat(50)} b(c: ${'['.repeat(1_000)}`, 20)).toThrow(/tokens/);
    expect(() => parseWithinLimit(`{ b(c: ${'['.repeat(1_000)} ${'a '.repeat(5_000)}`, 2_000)).toThrow(
      /nest/,
    );
  });

  it('whose fragments each spread the next one twice is looked at in no time', () => {
    const began = performance.now();
    parse(chain(150, (name) => `...${name} ...${name}`));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('JSON', () => {
  it.each([
    ['arrays', '['.repeat(500_000)],
    ['objects', '{"a":'.repeat(100_000)],
    ['both', '[{"a":'.repeat(50_000)],
    ['both, well closed', around('[{"a":', '1', '}]', 1_000)],
    ['arrays behind texts', `{"a":"\\"}]","b":${'['.repeat(1_500)}`],
  ])('is refused as too complex when it nests %s too deep', (_what, text) => {
    expect(() => assertShallowJson(text)).toThrow(QueryTooComplexError);
  });

  it.each([
    ['wide', `[${'[],'.repeat(10_000)}[]]`],
    ['full of brackets in its texts', JSON.stringify({ a: '[{"\\'.repeat(10_000) })],
    ['at the bound', around('[', '', ']', maximumJsonNesting)],
  ])('is let through when it is %s', (_what, text) => {
    expect(() => assertShallowJson(text)).not.toThrow();
  });
});
