import { getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { isSignIn } from '../../../src/graphql/sign-in-operations.ts';

function judge(text: string, operationName?: string): boolean {
  const document = parse(text);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('There is no such operation.');
  return isSignIn(document, operation);
}

describe('an operation', () => {
  it.each([
    'mutation { login { accessToken } }',
    'mutation { __typename refreshToken { accessToken } }',
    'mutation { me: login { accessToken } again: login { accessToken } }',
    'mutation { ... on Mutation { login { accessToken } } }',
    'mutation { ...a ...a } fragment a on Mutation { ...b ...b } fragment b on Mutation { login { expiresIn } }',
  ])('is a sign-in: %s', (text) => {
    expect(judge(text)).toBe(true);
  });

  it.each([
    'mutation { logout { success } }',
    'mutation { __typename }',
    'mutation { login { accessToken } logout { success } }',
    'mutation { login: deleteUser { success } }',
    'mutation { login { accessToken } deleteUser @skip(if: true) { success } }',
    'mutation { login { accessToken } ... { deleteUser { success } } }',
    'mutation { login { accessToken } ...a } fragment a on Mutation { deleteUser { success } }',
    'query { login { accessToken } }',
  ])('is none, because it does something else or nothing: %s', (text) => {
    expect(judge(text)).toBe(false);
  });

  it('is looked at without the other operations of its document', () => {
    const text = 'mutation a { login { expiresIn } } mutation b { deleteUser { success } }';
    expect([judge(text, 'a'), judge(text, 'b')]).toEqual([true, false]);
  });
});
