import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { ExecuteOperation } from '../../src/graphql/execute-operation.ts';
import { createExecutor } from '../../src/graphql/execute-operation.ts';
import { createPlannedExecution } from '../../src/graphql/plans/planned-execution.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { createGraphQLClient, type GraphQLClient } from '../support/graphql-client.ts';
import { addPerson } from '../support/people.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let graphql: GraphQLClient;
let token: string;
let close: () => Promise<void>;
/** The way of the last operation. */
let way: 'plan' | 'graphql-js';

/** Executes as the application does, and notes the way. */
function createNotingExecutor(): ExecuteOperation {
  const byPlan = createPlannedExecution(schema);
  const ordinarily = createExecutor(schema, false);
  return async (operation, coerced, raw, context): Promise<ExecutionResult> => {
    const planned = await byPlan(operation, coerced, context);
    way = planned ? 'plan' : 'graphql-js';
    return planned ?? ordinarily(operation, coerced, raw, context);
  };
}

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  const app = createApp(fleet.configuration, createLogger(fleet.configuration.logging), {
    execute: createNotingExecutor(),
  });
  close = () => app.close();
  graphql = createGraphQLClient(app.fetch);
  token = (await fleet.signIn('acme01')).accessToken;
});
afterAll(async () => {
  await close();
  await fleet.close();
});

describe('a query of columns, relations, node ids, counts and pages', () => {
  it.each([
    'query ($first: Int) { users(first: $first) { edges { cursor node { id uuid username fullName isActive lastLoginAt department { id name } role { id name permissions { code } } branch { name } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor totalCount } } }',
    '{ me { id fullName role { code permissions { code } } } }',
    '{ a: departments { edges { node { name parent { name } userCount } } } b: branches { pageInfo { totalCount } } }',
    '{ users(first: 2) { ...Page } } fragment Page on UserConnection { edges { node { ... on Node { id } ...Name } } } fragment Name on User { name: fullName @include(if: true) email @skip(if: true) }',
    '{ auditLog(first: 3) { edges { node { id action createdAt changes { field before after redacted } } } } }',
    '{ __typename }',
  ])('is executed by its plan: %s', async (query) => {
    const { errors, data } = await graphql(query, { token, variables: { first: 3 } });
    expect(errors).toEqual([]);
    expect(data).toBeTruthy();
    expect(way).toBe('plan');
  });
});

describe('whatever is unclear', () => {
  it.each([
    ['an abstract type', '{ node(id: "x") { id } }'],
    ['a loader', '{ users { edges { node { createdBy { id } } } } }'],
    ['a directive with a variable', 'query ($yes: Boolean = true) { me { id @include(if: $yes) } }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['arguments below the root', '{ departments { edges { node { children(first: 1) { totalCount } } } } }'],
    ['a mutation', 'mutation { deleteBranch(branchId: "x") { success } }'],
    ['a key that objects don’t have', '{ me { __proto__: id } }'],
  ])('is left to graphql-js: %s', async (_about, query) => {
    await graphql(query, { token });
    expect(way).toBe('graphql-js');
  });

  it('is left to graphql-js when one of several fields fails: it knows which errors are told', async () => {
    const query = '{ a: departments(before: "x") { __typename } b: auditLog(entityId: "x") { __typename } }';
    const { errors } = await graphql(query, { token });
    expect(errors.map(({ path }) => path)).toEqual([['a'], ['b']]);
    expect(way).toBe('graphql-js');
  });

  it('is left to graphql-js when a resolver throws: it knows the path', async () => {
    await acme.runAsOwner(
      `INSERT INTO sys.audit_log (id, action, entity_type, changes)
       VALUES (gen_random_uuid(), 'timestamps.repair', 'User', '{"name": 1}')`,
    );
    const query = '{ auditLog(actions: TIMESTAMPS_REPAIR) { edges { node { changes { field } } } } }';
    const { errors } = await graphql(query, { token });
    expect(errors.map(({ path }) => path)).toEqual([['auditLog', 'edges', 0, 'node', 'changes']]);
    expect(way).toBe('graphql-js');
  });

  it('is left to graphql-js for who may not see it', async () => {
    const { token: restricted } = await addPerson(fleet, acme, { permissions: [] });
    await graphql('{ me { role { permissions { code } } } }', { token: restricted });
    expect(way).toBe('graphql-js');
    await graphql('{ users { edges { node { id } } } }', { token });
    expect(way).toBe('plan');
  });
});

it('lets people see themselves by a plan', async () => {
  const { id, token: restricted } = await addPerson(fleet, acme, { permissions: [] });
  const { data } = await graphql('{ me { uuid fullName } }', { token: restricted });
  expect(data.me).toEqual({ uuid: id, fullName: 'Somebody' });
  expect(way).toBe('plan');
});

describe('a page', () => {
  /** The fields that the page's own statement loads. */
  async function statementFor(query: string): Promise<string> {
    await graphql(query, { token });
    const [statement = '', ...others] = await recordStatements(() => graphql(query, { token }));
    expect(others).toEqual([]);
    return statement;
  }

  it('loads the columns that were asked for and those that it is ordered by, in relations too', async () => {
    const statement = await statementFor('{ users { edges { node { fullName department { name } } } } }');
    const columns = new Set(statement.match(/"(full_name|name|created_at|created_by|updated_by|email)"/g));
    expect(columns).toEqual(new Set(['"full_name"', '"name"', '"created_at"']));
    expect(statement.match(/"created_at"/g)?.length).toBe(2);
  });

  it.each(['pageInfo { totalCount }', 'totalCount'])('loads no rows for %s alone', async (count) => {
    const statement = await statementFor(`{ users { ${count} } }`);
    expect(statement).toMatch(/COUNT\(/i);
  });
});

it('no selection brings a secret along', async () => {
  const rows = [
    await acme.db.user.findFirstOrThrow(),
    await acme.db.refreshToken.findFirstOrThrow({ include: { session: { include: { user: true } } } }),
  ];
  expect(JSON.stringify(rows)).not.toMatch(/passwordHash|tokenHash|\$argon2/);
});
