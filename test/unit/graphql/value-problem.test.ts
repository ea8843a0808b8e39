import { buildSchema, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { valueProblem } from '../../../src/graphql/value-problem.ts';
import { variableErrors } from '../../../src/graphql/variable-errors.ts';

const schema = buildSchema(`
  input Size { width: Int, depths: [Int], inner: Size, sizes: [Size] }
  type Query { thing(first: Int, size: Size, numbers: [Int], matrix: [[Int]]): Query, name: String }
`);
const large = '3000000000';

describe('a number that is too large is blamed on the whole path of its argument', () => {
  it.each([
    [`thing(first: ${large})`, ['first']],
    [`thing(first: -${large})`, ['first']],
    [`thing(size: { width: ${large} })`, ['size', 'width']],
    [`thing(numbers: [1] size: { depths: [1], width: ${large} })`, ['size', 'width']],
    [`thing(size: { inner: { width: ${large} } })`, ['size', 'inner', 'width']],
    [`thing(numbers: [1, 2, ${large}])`, ['numbers', 2]],
    [`thing(matrix: [[1, 2], [3], [4, ${large}]])`, ['matrix', 2, 1]],
    [
      `thing(size: { sizes: [{ width: 1, depths: [1, 2] }, {}, { depths: [0, ${large}] }] })`,
      ['size', 'sizes', 2, 'depths', 1],
    ],
  ])('in the document: %s', (field, path) => {
    const errors = validate(schema, parse(`{ ${field} { name } }`));
    expect(errors.map((error) => valueProblem(error)?.path)).toEqual([path]);
  });

  it.each([
    ['$n: Int', { n: 3e9 }, 'thing(first: $n)', ['first']],
    ['$n: Int', { n: 3e9 }, 'thing(size: { inner: { width: $n } })', ['size', 'inner', 'width']],
    ['$n: Int, $m: Int', { n: 3e9, m: 1 }, 'thing(numbers: [$m, $n])', ['numbers', 1]],
    ['$s: Size', { s: { inner: { depths: [1, 3e9] } } }, 'thing(size: $s)', ['size', 'inner', 'depths', 1]],
    ['$s: [Int]', { s: [3e9] }, 'thing(numbers: $s)', ['numbers', 0]],
  ])('in a variable: %s = %j', (definition, values, field, path) => {
    const [operation] = parse(`query (${definition}) { ${field} { name } }`).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no operation.');
    const errors = variableErrors(schema, operation, values);
    expect(errors.map((error) => valueProblem(error)?.path)).toEqual([path]);
  });

  it('in a variable’s default value, which is no argument’s', () => {
    const errors = validate(schema, parse(`query ($n: Int = ${large}) { thing(first: $n) { name } }`));
    expect(errors.map((error) => valueProblem(error)?.path)).toEqual([[]]);
  });
});
