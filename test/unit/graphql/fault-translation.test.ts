import { buildSchema, GraphQLError, getVariableValues, Kind, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { message, say } from '../../../src/errors/index.ts';
import { translateFault } from '../../../src/graphql/fault-translation.ts';
import { variableErrors } from '../../../src/graphql/variable-errors.ts';

const schema = buildSchema(`
  directive @onField on FIELD
  directive @counted(times: Int!) on FIELD
  enum Color { RED GREEN }
  input Size { width: Int!, depth: Size }
  input Choice @oneOf { a: String, b: String }
  interface Node { id: ID }
  type Thing implements Node { id: ID, name: String, size(unit: String): Int, other: Thing }
  type Place implements Node { id: ID, name: Int }
  union Any = Thing | Place
  type Query {
    thing(id: ID!, size: Size, color: Color, on: Boolean, weight: Float, choice: Choice, name: String): Thing
    node: Node
    any: Any
  }
  type Subscription { one: Int, two: Int }
`);

/** Faulty documents, by the rule that finds the fault. */
const documents: Readonly<Record<string, readonly string[]>> = {
  ExecutableDefinitionsRule: ['{ node { id } } type A { a: Int }', '{ node { id } } schema { query: Query }'],
  UniqueOperationNamesRule: ['query A { node { id } } query A { node { id } }'],
  LoneAnonymousOperationRule: ['{ node { id } } query A { node { id } }'],
  SingleFieldSubscriptionsRule: [
    'subscription { one two }',
    'subscription A { one two }',
    'subscription { __typename }',
    'subscription A { __typename }',
  ],
  KnownTypeNamesRule: ['query ($a: Nothing) { node { id } }', '{ node { ... on Thin { id } } }'],
  FragmentsOnCompositeTypesRule: ['{ node { ... on Color { id } } }', 'fragment F on Color { id }'],
  VariablesAreInputTypesRule: ['query ($a: Thing) { node { id } }'],
  ScalarLeafsRule: ['{ node { id { id } } }', '{ node }'],
  FieldsOnCorrectTypeRule: [
    '{ nothing }',
    '{ thing(id: 1) { nam sizes } }',
    '{ node { name } }',
    '{ any { nam } }',
    '{ thing(id: 1) { ids } }',
  ],
  UniqueFragmentNamesRule: ['fragment F on Node { id } fragment F on Node { id }'],
  KnownFragmentNamesRule: ['{ node { ...F } }'],
  NoUnusedFragmentsRule: ['{ node { id } } fragment F on Node { id }'],
  PossibleFragmentSpreadsRule: [
    '{ thing(id: 1) { ... on Place { id } } }',
    '{ thing(id: 1) { ...F } } fragment F on Place { id }',
  ],
  NoFragmentCyclesRule: [
    'fragment F on Node { ...F }',
    'fragment F on Node { ...G } fragment G on Node { ...H } fragment H on Node { ...F }',
  ],
  UniqueVariableNamesRule: ['query ($a: Int, $a: Int) { node { id } }'],
  NoUndefinedVariablesRule: ['{ thing(id: $a) { id } }', 'query A { thing(id: $a) { id } }'],
  NoUnusedVariablesRule: ['query ($a: Int) { node { id } }', 'query A($a: Int) { node { id } }'],
  KnownDirectivesRule: ['{ node @nothing { id } }', 'query @onField { node { id } }'],
  UniqueDirectivesPerLocationRule: ['{ node @onField @onField { id } }'],
  KnownArgumentNamesRule: [
    '{ thing(ix: 1) { id } }',
    '{ node(first: 1) { id } }',
    '{ node @counted(time: 1) { id } }',
  ],
  UniqueArgumentNamesRule: ['{ thing(id: 1, id: 2) { id } }'],
  ValuesOfCorrectTypeRule: [
    '{ thing(id: 1.5) { id } }',
    '{ thing(id: null) { id } }',
    '{ thing(id: 1, color: BLUE) { id } }',
    '{ thing(id: 1, color: GREEM) { id } }',
    '{ thing(id: 1, color: "RED") { id } }',
    '{ thing(id: 1, on: 1) { id } }',
    '{ thing(id: 1, weight: "x") { id } }',
    '{ thing(id: 1, name: 5) { id } }',
    '{ thing(id: 1, size: 5) { id } }',
    '{ thing(id: 1, size: {}) { id } }',
    '{ thing(id: 1, size: { width: "x" }) { id } }',
    '{ thing(id: 1, size: { width: 3000000000 }) { id } }',
    '{ thing(id: 1, size: { width: 1, dept: {} }) { id } }',
    '{ thing(id: 1, choice: { a: "1", b: "2" }) { id } }',
    '{ thing(id: 1, choice: { a: null }) { id } }',
  ],
  ProvidedRequiredArgumentsRule: ['{ thing { id } }', '{ node @counted { id } }'],
  VariablesInAllowedPositionRule: [
    'query ($a: String) { thing(id: $a) { id } }',
    'query ($a: String) { thing(id: 1, choice: { a: $a }) { id } }',
  ],
  OverlappingFieldsCanBeMergedRule: [
    '{ thing(id: 1) { name: id name } }',
    '{ thing(id: 1) { size(unit: "a") size(unit: "b") } }',
    '{ any { ... on Thing { name } ... on Place { name } } }',
    '{ a: thing(id: 1) { name: id } a: thing(id: 1) { name } }',
  ],
  UniqueInputFieldNamesRule: ['{ thing(id: 1, size: { width: 1, width: 2 }) { id } }'],
  MaxIntrospectionDepthRule: [
    `{ __schema { types { ${'fields { type { '.repeat(4)} name ${'} } '.repeat(4)} } } }`,
  ],
};

const texts = [
  '{',
  '{ a: }',
  '}',
  'type',
  '{ a(b: $) }',
  '{ a(b: "x) }',
  '{ a(b: "\ud800") }',
  "{ a(b: 'x') }",
  '{ a(b: 01) }',
  '{ a(b: 1.x) }',
  '{ a(b: "\\q") }',
  '{ a(b: "\\u{110000}") }',
  '{ a(b: "\\ud800") }',
  '{ a ? }',
  '\u0007',
  '{ a(b: """x) }',
  'query ($a: Int = $b) { a }',
  'enum A { true }',
  '"A" { a }',
];

const variables: readonly (readonly [string, Record<string, unknown>])[] = [
  ['$a: Int!', {}],
  ['$a: Int!', { a: null }],
  ['$a: Int', { a: 'x' }],
  ['$a: Int', { a: 3_000_000_000 }],
  ['$a: Float', { a: 'x' }],
  ['$a: String', { a: 1 }],
  ['$a: Boolean', { a: 1 }],
  ['$a: ID', { a: {} }],
  ['$a: Color', { a: 'BLUE' }],
  ['$a: Color', { a: 'GREEM' }],
  ['$a: Color', { a: 1 }],
  ['$a: Size', { a: 5 }],
  ['$a: Size', { a: {} }],
  ['$a: Size', { a: { width: null } }],
  ['$a: Size', { a: { width: 1, dept: {} } }],
  ['$a: [Size!]', { a: [{ width: 1, depth: { width: 'x' } }] }],
  ['$a: Choice', { a: {} }],
  ['$a: Choice', { a: { a: null } }],
];

/** Nothing but names, values and the words of GraphQL may be Latin: no sentence is. */
function expectKorean(text: string): void {
  const said = translateFault(text, 'ko');
  expect(said, text).not.toBe(say(message('request.invalid'), 'ko'));
  expect(said, text).toMatch(/(니다|주세요)[.:]/u);
  expect(said.replace(/".*?"|: .*/g, ''), text).not.toMatch(/[A-Za-z]{2,} [A-Za-z]{2,}/);
  expect(said, text).not.toMatch(/\{[a-z]+\}|undefined/);
}

const nameOf = (rule: (typeof specifiedRules)[number]) => rule.name;

describe('what the GraphQL library says, to who reads Korean', () => {
  it('has an example of every rule', () => {
    expect(Object.keys(documents)).toEqual(specifiedRules.map(nameOf));
  });

  it.each(specifiedRules.map((rule) => [nameOf(rule), rule] as const))(
    'is Korean throughout: %s',
    (name, rule) => {
      for (const text of documents[name] ?? []) {
        const errors = validate(schema, parse(text), [rule]);
        expect(errors.length, text).toBeGreaterThan(0);
        for (const error of errors) expectKorean(error.message);
      }
    },
  );

  it.each(texts)('is Korean throughout of what does not parse: %j', (text) => {
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      expectKorean(error.message);
    }
  });

  it.each(variables)('is Korean throughout of a wrong variable: %s = %j', (definition, values) => {
    const [operation] = parse(`query (${definition}) { node { id } }`).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('No operation');
    const errors = variableErrors(schema, operation, values);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expectKorean(error.message);
    expect(getVariableValues(schema, operation.variableDefinitions ?? [], values).errors).toBeDefined();
  });

  it('quotes what is wrong, also when the sentence is cut off', () => {
    expect(translateFault('Cannot query field "secrets" on type "Query".', 'ko')).toBe(
      '"Query" 타입에 "secrets" 필드가 없습니다.',
    );
    expect(translateFault('Int cannot represent non-integer value: "xxxx…', 'ko')).toBe(
      '정수가 아닙니다: "xxxx…',
    );
    expect(translateFault('Unknown fragment "xxxx…', 'ko')).toBe('존재하지 않는 프래그먼트입니다: "xxxx…"');
  });

  it('names what was perhaps meant', () => {
    const text = 'Cannot query field "nam" on type "Thing". Did you mean "name", "id", or "size"?';
    expect(translateFault(text, 'ko')).toBe(
      '"Thing" 타입에 "nam" 필드가 없습니다. 다음 이름을 확인해 주세요: "name", "id", "size"',
    );
  });

  it('has no English tail when the sentence is not known', () => {
    const said = translateFault('Something new is wrong with "x".', 'ko');
    expect(said).toBe(say(message('request.invalid'), 'ko'));
    expect(said).not.toContain('Something');
  });

  it('stays as it is in English', () => {
    expect(translateFault('Unknown fragment "x".', 'en')).toBe('Unknown fragment "x".');
  });

  it('is found quickly, whatever is quoted', () => {
    const quoted = '" on type "'.repeat(45).slice(0, 480);
    const begun = performance.now();
    for (let count = 0; count < 100; count++) translateFault(`Cannot query field ${quoted}…`, 'ko');
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
