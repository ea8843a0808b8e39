import { once } from 'node:events';
import { access, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { removeEmbeddedPostgres } from '../../scripts/support/embedded-postgres/embedded-postgres.ts';
import { parseDatasourceUrl } from '../../src/db/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createEmptyDatabase } from '../support/databases.ts';
import { createGraphQLClient } from '../support/graphql-client.ts';
import { listProcesses } from '../support/process-list.ts';
import { linkProject, startPackageScript, startScript } from '../support/run-script.ts';

describe('the development server', { timeout: 60_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'development-server-'));
  });
  afterAll(async () => {
    await removeEmbeddedPostgres(join(folder, '.data/postgres'));
    await rm(folder, { recursive: true, force: true });
  });

  async function run(environment: Record<string, string> = {}) {
    const server = startScript('scripts/dev.ts', { API_PORT: '0', ...environment }, folder);
    const [, url] = await server.waitFor(/(http:\S+)\/graphql/);
    const graphql = createGraphQLClient((request) =>
      fetch(new Request(request.url.replace('http://api.test', url ?? ''), request)),
    );
    const signIn = async (tenantKey: string, username: string) => {
      const { data } = await graphql(
        'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
        {
          variables: { input: { tenantKey, username, password: 'Password123!' } },
        },
      );
      return String(data.login.accessToken);
    };
    return { server, graphql, signIn };
  }

  /** The processes of the database server with that project's data, found by the real path of the data. */
  async function databaseServersOf(project: string) {
    const data = await realpath(join(project, '.data/postgres'));
    return (await listProcesses()).filter((process) => process.arguments.includes(data));
  }

  /** Who is connected to the central database, and who owns it. */
  async function findRolesAtWork() {
    const [password, port] = await Promise.all(
      ['postgres/superuser-password', 'postgres-port'].map((file) =>
        readFile(join(folder, '.data', file), 'utf8'),
      ),
    );
    const superuser = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
    return withConnection(parseDatasourceUrl(superuser), async (client) => {
      const { rows } = await client.query(
        `SELECT DISTINCT usename AS role, pg_get_userbyid(datdba) AS owner
         FROM pg_stat_activity JOIN pg_database USING (datname)
         WHERE datname = 'central_admin' AND backend_type = 'client backend'`,
      );
      return rows;
    });
  }

  it('starts on an empty folder with two tenants to sign in to, and keeps what was written for the next start', async () => {
    const first = await run();
    for (const tenantKey of ['acme01', 'beta02']) {
      const token = await first.signIn(tenantKey, 'admin');
      const { data } = await first.graphql('{ users(search: "john") { pageInfo { totalCount } } }', {
        token,
      });
      expect(data.users.pageInfo.totalCount).toBeGreaterThan(2);
      const john = await first.graphql(
        '{ me { fullName role { code permissions { code } } } departments { edges { cursor } } }',
        {
          token: await first.signIn(tenantKey, 'john'),
        },
      );
      expect(john.codes).toEqual(['FORBIDDEN']);
    }
    const created = await first.graphql(
      'mutation { createUser(input: { username: "kept", email: "kept@example.com", password: "Password123!", fullName: "Kept" }) { id } }',
      { token: await first.signIn('acme01', 'admin') },
    );
    expect(created.errors).toEqual([]);
    expect(await findRolesAtWork()).toEqual([{ role: 'central_application', owner: 'postgres' }]);
    const { data: asManager } = await first.graphql(
      'mutation { login(input: { username: "operator", password: "Password123!" }) { accessToken } }',
    );
    const { data: fleet } = await first.graphql('{ tenants { edges { node { tenantKey } } } }', {
      token: asManager.login.accessToken,
    });
    expect(fleet.tenants.edges).toHaveLength(2);
    expect(first.server.output()).toContain('username operator');
    expect(await databaseServersOf(folder)).not.toEqual([]);
    expect(await first.server.stop('SIGINT')).toBe(0);
    expect(await databaseServersOf(folder)).toEqual([]);

    // Its port of the last time is taken now, so the tenants' databases have moved to another.
    const port = Number(await readFile(join(folder, '.data/postgres-port'), 'utf8'));
    const occupant = createServer().listen(port, '127.0.0.1');
    await once(occupant, 'listening');
    const second = await run();
    await expect(second.signIn('acme01', 'kept')).resolves.toBeTruthy();
    expect(await second.server.stop('SIGTERM')).toBe(0);
    occupant.close();
  });

  it('leaves no process behind when it is stopped halfway through its start', async () => {
    const halfway = await mkdtemp(join(tmpdir(), 'development-server-halfway-'));
    const server = startScript('scripts/dev.ts', { API_PORT: '0' }, halfway);
    await vi.waitFor(() => access(join(halfway, '.data/postgres')), { timeout: 20_000 });
    expect(await server.stop('SIGINT')).toBe(0);
    expect(server.output()).toBe('\nStopping …\n');
    expect(await databaseServersOf(halfway)).toEqual([]);
    await removeEmbeddedPostgres(join(halfway, '.data/postgres'));
    await rm(halfway, { recursive: true, force: true });
  });

  it.each([
    ['npm alone, from a supervisor', 'SIGTERM'],
    ['npm alone, which is killed and can tell nobody', 'SIGKILL'],
  ] as const)(
    'leaves no process behind under "npm run dev" when a signal reaches %s',
    async (_whom, signal) => {
      const project = await mkdtemp(join(tmpdir(), 'development-server-npm-'));
      await linkProject(project);
      const npm = startPackageScript('dev', { API_PORT: '0' }, project);
      await npm.waitFor(/http:\S+\/graphql/);
      expect(await databaseServersOf(project)).not.toEqual([]);
      await npm.stop(signal);
      expect(npm.output()).toContain('Stopping …');
      expect(await databaseServersOf(project)).toEqual([]);
      await removeEmbeddedPostgres(join(project, '.data/postgres'));
      await rm(project, { recursive: true, force: true });
    },
  );

  it('leaves no process behind when nobody reads its output any more', async () => {
    const { server } = await run();
    expect(await databaseServersOf(folder)).not.toEqual([]);
    server.stopReading();
    await server.stop('SIGHUP');
    expect(await databaseServersOf(folder)).toEqual([]);
  });

  it('uses the server of CENTRAL_ADMIN_DATABASE_URL instead when there is one', async () => {
    const central = await createEmptyDatabase();
    const { server, signIn } = await run({ CENTRAL_ADMIN_DATABASE_URL: central.url });
    await expect(signIn('beta02', 'john')).resolves.toBeTruthy();
    const port = new URL(inject('postgresUrl')).port;
    expect(await databaseServersOf(folder)).toEqual([]);
    expect(central.url).toContain(port);
    await server.stop('SIGINT');
    await central.drop();
  });
});
