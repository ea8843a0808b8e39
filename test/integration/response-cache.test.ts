import { randomUUID } from 'node:crypto';
import { getNamedType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isFromOutside } from '../../src/graphql/answer-sources.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { rootFields, writeFullOperation } from '../support/full-operation.ts';
import { getQuery } from '../support/get-query.ts';
import { readMetrics } from '../support/metrics.ts';
import { addAdministrator } from '../support/people.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let tenant: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet({
    // Sessions are no matter here.
    SESSION_CACHE_TTL: '300',
    GRAPHQL_COMPLEXITY_LIMIT: '1000000',
    GRAPHQL_TOKEN_LIMIT: '100000',
  });
  tenant = await fleet.provision('kept01');
  ({ token } = await addAdministrator(fleet, tenant));
});
afterAll(() => fleet.close());

const branches = '{ branches { edges { node { code name } } pageInfo { totalCount } } }';

const addBranch = (code = randomUUID()) =>
  `INSERT INTO sys.branches (id, code, name) VALUES (gen_random_uuid(), '${code}', 'A branch')`;

/** Asks for the branches, and returns how many there are and the statements that it took. */
async function askForBranches(graphql = fleet.graphql) {
  let total: unknown;
  const statements = await recordStatements(async () => {
    const { data } = await graphql(branches, { token });
    total = data.branches.pageInfo.totalCount;
  });
  return { total, statements };
}

const versionAlone = [expect.stringMatching(/^SELECT version, .* FROM sys\.data_versions$/)];

describe('a cached answer', () => {
  it('takes one statement, and the same bytes as one that is made', async () => {
    await tenant.runAsOwner(addBranch());
    const made = await getQuery(fleet.app, branches, token);
    const { statements } = await askForBranches();
    expect(statements).toEqual(versionAlone);
    const kept = await getQuery(fleet.app, branches, token);
    expect(await kept.text()).toBe(await made.text());
  });

  it('is the same for variables that the operation does not declare', async () => {
    const ask = (variables: Record<string, unknown>) => fleet.graphql(branches, { token, variables });
    await ask({ other: randomUUID() });
    expect(await recordStatements(() => ask({ other: randomUUID() }))).toEqual(versionAlone);
  });

  it('has all that it was made with, whatever the aliases', async () => {
    const query = '{ __proto__: me { username } branches { pageInfo { totalCount } } }';
    const made = await getQuery(fleet.app, query, token);
    const kept = await getQuery(fleet.app, query, token);
    expect(await kept.text()).toBe(await made.text());
  });

  it.each([
    [
      'a mutation in another process',
      async () => {
        const input = { code: randomUUID(), name: 'A branch' };
        const { codes } = await fleet
          .startApp()
          .graphql('mutation ($input: BranchCreateInput!) { createBranch(input: $input) { id } }', {
            token,
            variables: { input },
          });
        expect(codes).toEqual([]);
      },
    ],
    [
      'a program with the application’s role',
      () => tenant.db.branch.create({ data: { code: randomUUID(), name: 'A branch' } }),
    ],
    ['a session of psql', () => tenant.runAsOwner(addBranch())],
  ])('is outdated after %s', async (_who, write) => {
    await tenant.db.branch.createMany({ data: [{ code: randomUUID(), name: 'A branch' }] });
    const before = await askForBranches();
    await write();
    expect((await askForBranches()).total).not.toBe(before.total);
  });

  it('is good again after what was rolled back', async () => {
    const { total } = await askForBranches();
    await tenant.runAsOwner(`BEGIN; ${addBranch()}; ROLLBACK`);
    expect(await askForBranches()).toEqual({ total, statements: versionAlone });
  });

  it('differs by variables and operation, but not by the order of properties', async () => {
    const document =
      'query a($code: ID!, $n: Int) { branch(branchId: $code) { id } roles(first: $n) { edges { node { code } } } } query b { me { username } }';
    const code = randomUUID();
    const ask = (operationName: string, variables: object) =>
      recordStatements(async () => {
        const { errors } = await fleet.graphql(document, {
          token,
          operationName,
          variables: { ...variables },
        });
        expect(errors).toEqual([]);
      });
    await ask('a', { code, n: 1 });
    expect(await ask('a', { n: 1, code })).toEqual(versionAlone);
    for (const [operationName, variables] of [
      ['a', { code, n: 2 }],
      ['b', {}],
    ] as const) {
      expect((await ask(operationName, variables)).length).toBeGreaterThan(1);
    }
  });
});

describe('what is never cached', () => {
  it('is an answer with an error, or a part of it', async () => {
    const refused = '{ branches { edges { node { id } } } roles(first: 1000) { edges { node { id } } } }';
    const ask = () =>
      recordStatements(async () => {
        expect((await fleet.graphql(refused, { token })).codes).toEqual(['VALIDATION_FAILED']);
      });
    const first = await ask();
    expect(first.length).toBeGreaterThan(1);
    expect(await ask()).toHaveLength(first.length);
    expect((await getQuery(fleet.app, refused, token)).headers.get('etag')).toBeNull();
  });

  it('is anything with RESPONSE_CACHE_TTL=0', async () => {
    const { app, graphql } = fleet.startApp({ RESPONSE_CACHE_TTL: '0' });
    await askForBranches(graphql);
    const { statements } = await askForBranches(graphql);
    expect(statements.join()).toContain('branches');
    expect(statements.join()).not.toContain('data_versions');
    const { headers } = await getQuery(app, branches, token);
    expect([headers.get('etag'), headers.get('cache-control')]).toEqual([null, 'no-store']);
  });

  it('is made from rows that no version covers', async () => {
    const { data } = await fleet.graphql('{ me { id } }', { token });
    const unversioned = 'sys.sessions, sys.refresh_tokens, sys.sign_in_sources, sys.password_history';
    const { dbUser } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'kept01' } });
    await tenant.runAsOwner(`REVOKE SELECT ON ${unversioned} FROM "${dbUser}"`);
    onTestFinished(() => tenant.runAsOwner(`GRANT SELECT ON ${unversioned} TO "${dbUser}"`));
    const asked: string[] = [];
    for (const [coordinate, field] of rootFields(schema)) {
      if (!coordinate.startsWith('Query.') || field.extensions.answersFrom !== 'rows') continue;
      const variables = Object.fromEntries(
        field.args.flatMap(({ name, type }) =>
          String(type).endsWith('!') ? [[name, name === 'ids' ? [data.me.id] : data.me.id]] : [],
        ),
      );
      const depth = getNamedType(field.type).name.endsWith('Connection') ? 5 : 3;
      const operation = writeFullOperation(schema, coordinate, depth, (part) => !isFromOutside(part));
      const { codes } = await fleet.graphql(operation, { token, variables });
      // Ids of another type are refused before anything is asked.
      if (codes.length === 0) asked.push(coordinate);
      else expect(codes).toEqual(['VALIDATION_FAILED']);
    }
    expect(asked).toEqual(
      expect.arrayContaining(
        ['auditLog', 'me', 'node', 'nodes', 'users', 'roles', 'viewer'].map((name) => `Query.${name}`),
      ),
    );
    const { codes } = await fleet.graphql('{ sessions { id } }', { token });
    expect(codes).toEqual(['INTERNAL_SERVER_ERROR']);
  });
});

describe('a query by GET', () => {
  it('has an entity tag that the client alone may keep its answer by', async () => {
    const { status, headers } = await getQuery(fleet.app, branches, token);
    expect(status).toBe(200);
    expect(headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(headers.get('vary')).toBe('Origin, Accept-Language, Authorization, Accept');
  });

  it('is answered 304 without a body, by the version alone, in every process', async () => {
    const etag = (await getQuery(fleet.app, branches, token)).headers.get('etag') ?? '';
    const { app, graphql } = fleet.startApp();
    await graphql('{ me { id } }', { token });
    const origin = 'http://localhost:8200';
    for (const held of [etag, `W/${etag}`, `"another", ${etag}`]) {
      const statements = await recordStatements(async () => {
        const response = await getQuery(app, branches, token, { 'if-none-match': held, origin });
        expect(response.status).toBe(304);
        expect(await response.text()).toBe('');
        expect(response.headers.get('etag')).toBe(etag);
        expect(response.headers.get('content-type')).toBeNull();
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      });
      expect(statements).toEqual(versionAlone);
    }
  });

  it('is answered in full once the rows have changed', async () => {
    const etag = (await getQuery(fleet.app, branches, token)).headers.get('etag') ?? '';
    await tenant.runAsOwner(addBranch());
    const response = await getQuery(fleet.app, branches, token, { 'if-none-match': etag });
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).not.toBe(etag);
  });

  it('is answered in the language that was asked for', async () => {
    const etag = (await getQuery(fleet.app, branches, token)).headers.get('etag') ?? '';
    const korean = { 'accept-language': 'ko', 'if-none-match': etag };
    expect((await getQuery(fleet.app, branches, token, korean)).status).toBe(200);
  });
});

describe('the metrics', () => {
  it('count hits by their place, misses and bytes', async () => {
    const { app, graphql } = fleet.startApp();
    for (let times = 0; times < 3; times++) await graphql(branches, { token });
    const etag = (await getQuery(app, branches, token)).headers.get('etag') ?? '';
    await getQuery(app, branches, token, { 'if-none-match': etag });
    const metrics = await readMetrics(app);
    expect(metrics).toMatch(/^response_cache_hits_total\{place="process"\} 3$/m);
    expect(metrics).toMatch(/^response_cache_hits_total\{place="client"\} 1$/m);
    expect(metrics).toMatch(/^response_cache_misses_total 1$/m);
    expect(metrics).toMatch(/^response_cache_bytes [1-9]\d*$/m);
  });
});
