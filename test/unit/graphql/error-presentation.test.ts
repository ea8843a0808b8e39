import {
  buildSchema,
  execute,
  GraphQLError,
  GraphQLObjectType,
  GraphQLScalarType,
  parse,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { presentError } from '../../../src/graphql/error-presentation.ts';
import { createLogger } from '../../../src/logging/logger.ts';

const schema = buildSchema(`
  scalar DateTime
  enum Color { RED }
  interface Node { id: ID }
  type Thing implements Node { id: ID }
  type Query {
    at: DateTime
    color: Color
    number: Int
    node: Node
    colors: [Color]
    argument(of: Int!, colors: [Color!]): Int
  }
`);
const dateTime = schema.getType('DateTime');
if (dateTime instanceof GraphQLScalarType) {
  dateTime.serialize = (value) => {
    throw new GraphQLError(`DateTime cannot represent an invalid date-time-string ${String(value)}.`);
  };
}
const query = schema.getType('Query');

/** Runs a document, and returns the errors as clients see them, and the log. */
async function run(document: string, rootValue: object, variableValues: Record<string, unknown> = {}) {
  const parsed = parse(document);
  const log: string[] = [];
  const logger = createLogger({ level: 'error', format: 'json' }, { write: (line) => void log.push(line) });
  const invalid = query instanceof GraphQLObjectType ? validate(schema, parsed) : [];
  const { errors = [] } =
    invalid.length > 0
      ? { errors: invalid }
      : await execute({ schema, document: parsed, rootValue, variableValues });
  const shown = errors.map((error) => presentError(error, { requestId: 'r1', logger, language: 'en' }));
  return { shown: shown.map(({ message, extensions }) => ({ message, code: extensions.code })), log };
}

test.each([
  ['a moment that is none', '{ at }', { at: '27.11.2026 12:00:00 KST' }],
  ['a value that the enum has not', '{ color }', { color: 'PUCE' }],
  ['one in a list', '{ colors }', { colors: ['RED', 'PUCE'] }],
  ['a number that is too large', '{ number }', { number: 2 ** 40 }],
  ['an object of no known type', '{ node { id } }', { node: { __typename: 'PUCE' } }],
])('what the server has read wrongly is masked and logged: %s', async (_case, document, rootValue) => {
  const { shown, log } = await run(document, rootValue);
  expect(shown).toEqual([
    { message: expect.not.stringMatching(/PUCE|KST|1099/), code: 'INTERNAL_SERVER_ERROR' },
  ]);
  expect(log.join()).toMatch(/PUCE|KST|1099/);
});

test.each([
  ['a field that is not there', '{ nothing }', {}],
  ['an argument of a wrong type', '{ argument(of: "x") }', {}],
  ['a variable of a wrong type', 'query ($n: Int!) { argument(of: $n) }', { n: 'x' }],
  ['a variable that is missing', 'query ($n: Int = 1) { argument(of: $n) }', { n: null }],
  ['one in a directive', 'query ($b: Boolean = true) { at @include(if: $b) }', { b: null }],
  ['one in a list', 'query ($c: Color = RED) { argument(of: 1, colors: [$c]) }', { c: null }],
])('what the client has written wrongly is told: %s', async (_case, document, variables) => {
  const { shown, log } = await run(document, {}, variables);
  expect(shown).toEqual([{ message: expect.any(String), code: 'QUERY_INVALID' }]);
  expect(log).toEqual([]);
});

test('a fault in the document is said in 500 characters, however long the value that it quotes', async () => {
  const { shown } = await run(`{ argument(of: "${'x'.repeat(100_000)}") }`, {});
  expect(shown).toMatchObject([{ code: 'QUERY_INVALID' }]);
  expect(shown[0]?.message).toMatch(/^Int cannot represent non-integer value: "x+…$/);
  expect(shown[0]?.message).toHaveLength(501);
});
