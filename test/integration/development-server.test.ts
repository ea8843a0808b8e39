import { once } from 'node:events';
import { access, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEmbeddedPostgres } from '@cxg/embedded-postgres';
import { listProcesses } from '@cxg/local-processes';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createEmptyDatabase } from '../support/databases.ts';
import { createGraphQLClient } from '../support/graphql-client.ts';
import { linkProject, runScript, startPackageScript, startScript } from '../support/run-script.ts';

const administratorSchema = z.object({ administrator: z.object({ password: z.string() }) });
const recordSchema = z.object({ environment: z.record(z.string(), z.string()) });

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
    const server = startScript('tools/dev.ts', { API_PORT: '0', ...environment }, folder);
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

  /** Asks a database of the server in {@link folder}. */
  async function queryDatabase(database: string, text: string) {
    const [password, port] = await Promise.all(
      ['postgres/superuser-password', 'postgres-port'].map((file) =>
        readFile(join(folder, '.data', file), 'utf8'),
      ),
    );
    const url = `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
    return withConnection(parseDatasourceUrl(url), async (client) => (await client.query(text)).rows);
  }

  /** The roles that are connected to the central database, and its owner. */
  const findRolesAtWork = () =>
    queryDatabase(
      'postgres',
      `SELECT DISTINCT usename AS role, pg_get_userbyid(datdba) AS owner
         FROM pg_stat_activity JOIN pg_database USING (datname)
         WHERE datname = 'central_admin' AND backend_type = 'client backend'`,
    );

  it('starts on an empty folder with two tenants to sign in to, and keeps what was written for the next start', async () => {
    const first = await run();
    for (const [tenantKey, name] of [
      ['acme01', '김'],
      ['beta02', 'john'],
    ] as const) {
      const token = await first.signIn(tenantKey, 'admin');
      const { data } = await first.graphql(
        `{ users(search: "${name}") { pageInfo { totalCount } }
           deals { pageInfo { totalCount } } employees { pageInfo { totalCount } } }`,
        { token },
      );
      for (const list of ['users', 'deals', 'employees']) {
        expect(data[list].pageInfo.totalCount).toBeGreaterThan(2);
      }
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

  it('says at its start which tenants lack migrations, and how they get them', async () => {
    const advice = /tenants? lacks? /;
    const upToDate = await run();
    expect(upToDate.server.output()).not.toMatch(advice);
    const setVersion = (where: string) =>
      queryDatabase(
        'central_admin',
        `UPDATE tenants SET schema_version = (
           SELECT left(max(schema_version), 8) || '000000_before' FROM tenants) WHERE ${where}`,
      );
    await setVersion("tenant_key = 'beta02'");
    await upToDate.server.stop('SIGINT');
    const behind = await run();
    await behind.server.waitFor(/Ctrl-C/);
    expect(behind.server.output()).toMatch(
      /^ {2}1 tenant lacks \d+ migrations?: npx tsx scripts\/migrate-all-tenants\.ts$/m,
    );
    const { exitCode } = await runBeside('migrate-all-tenants');
    expect(exitCode).toBe(0);
    await behind.server.stop('SIGINT');
    const migrated = await run();
    await migrated.server.waitFor(/Ctrl-C/);
    expect(migrated.server.output()).not.toMatch(advice);
    await migrated.server.stop('SIGINT');
  });

  it('leaves no process behind when it is stopped halfway through its start', async () => {
    const halfway = await mkdtemp(join(tmpdir(), 'development-server-halfway-'));
    const server = startScript('tools/dev.ts', { API_PORT: '0' }, halfway);
    await vi.waitFor(() => access(join(halfway, '.data/postgres')), { timeout: 20_000 });
    expect(await server.stop('SIGINT')).toBe(0);
    expect(server.output()).toBe('Starting PostgreSQL from npm …\n\nStopping …\n');
    expect(await databaseServersOf(halfway)).toEqual([]);
    await removeEmbeddedPostgres(join(halfway, '.data/postgres'));
    await rm(halfway, { recursive: true, force: true });
  });

  describe('under "npm run dev"', () => {
    /** The second start finds the tenants of the first. */
    let project: string;

    beforeAll(async () => {
      project = await mkdtemp(join(tmpdir(), 'development-server-npm-'));
      await linkProject(project);
    });
    afterAll(async () => {
      await removeEmbeddedPostgres(join(project, '.data/postgres'));
      await rm(project, { recursive: true, force: true });
    });

    it.each([
      ['npm alone, from a supervisor', 'SIGTERM'],
      ['npm alone, which is killed and can tell nobody', 'SIGKILL'],
    ] as const)('leaves no process behind when a signal reaches %s', async (_whom, signal) => {
      const npm = startPackageScript('dev', { API_PORT: '0' }, project);
      await npm.waitFor(/http:\S+\/graphql/);
      expect(await databaseServersOf(project)).not.toEqual([]);
      await npm.stop(signal);
      expect(npm.output()).toContain('Stopping …');
      expect(await databaseServersOf(project)).toEqual([]);
    });
  });

  it('leaves no process behind when nobody reads its output any more', async () => {
    const { server } = await run();
    expect(await databaseServersOf(folder)).not.toEqual([]);
    server.stopReading();
    await server.stop('SIGHUP');
    expect(await databaseServersOf(folder)).toEqual([]);
  });

  /** Runs a script in another terminal, in the folder of the server. */
  const runBeside = (name: string, args: readonly string[] = [], environment: Record<string, string> = {}) =>
    runScript(`scripts/${name}.ts`, args, environment, '', folder);

  it('uses the server of CENTRAL_ADMIN_DATABASE_URL instead when there is one, and scripts do so with it', async () => {
    const central = await createEmptyDatabase();
    const { server, signIn } = await run({ CENTRAL_ADMIN_DATABASE_URL: central.url });
    await expect(signIn('beta02', 'john')).resolves.toBeTruthy();
    const port = new URL(inject('postgresUrl')).port;
    expect(await databaseServersOf(folder)).toEqual([]);
    expect(central.url).toContain(port);
    expect(server.output()).toMatch(/^Using the server of CENTRAL_ADMIN_DATABASE_URL in the environment;/);
    // Its keys are nowhere else.
    for (const environment of [{}, { CENTRAL_ADMIN_DATABASE_URL: central.url }]) {
      const { exitCode, stderr } = await runBeside('reencrypt-credentials', [], environment);
      expect(exitCode).toBe(0);
      expect(stderr).toContain(`process ${server.processId}`);
    }
    await server.stop('SIGINT');
    await central.drop();
  });

  describe('beside scripts, and a .env for other databases', () => {
    const otherKey = Buffer.alloc(32, 'other').toString('base64');
    const provisionGamma = ['--tenant-key', 'gamma03', '--company-name', 'Gamma', '--show-password'];
    let running: Awaited<ReturnType<typeof run>>;

    beforeAll(async () => {
      const example = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
      const recipe = `SECRET_KEY=${'other'.repeat(8)}\nCREDENTIALS_ENCRYPTION_KEY=${otherKey}\nPOSTGRES_PASSWORD=0\n`;
      await writeFile(join(folder, '.env'), `${example}\n${recipe}`);
      running = await run();
    });
    afterAll(async () => {
      await running.server.stop('SIGKILL');
      await rm(join(folder, '.env'));
    });

    it('goes on with its own database and keys, and names the lines that it ignores', async () => {
      await expect(running.signIn('acme01', 'kept')).resolves.toBeTruthy();
      expect(running.server.output()).toContain(
        'Ignored in .env: CENTRAL_ADMIN_DATABASE_URL, SECRET_KEY, CREDENTIALS_ENCRYPTION_KEY.',
      );
    });

    it('is found by them: a tenant that one creates signs in at once, although it was unknown a moment ago', async () => {
      const signIn = (input: object) =>
        running.graphql('mutation ($input: LoginInput!) { login(input: $input) { user { username } } }', {
          variables: { input: { tenantKey: 'gamma03', username: 'admin', ...input } },
        });
      expect((await signIn({ password: 'Password123!' })).codes).toEqual(['INVALID_CREDENTIALS']);
      const { exitCode, stdout, stderr } = await runBeside('provision-tenant', [...provisionGamma, '--json']);
      expect(exitCode).toBe(0);
      expect(stderr).toBe(
        `provision-tenant: Using the development database in ${await realpath(join(folder, '.data'))} ("npm run dev", process ${running.server.processId}).\n`,
      );
      const { password } = administratorSchema.parse(JSON.parse(stdout)).administrator;
      await vi.waitFor(async () =>
        expect((await signIn({ password })).codes).toEqual(['PASSWORD_CHANGE_REQUIRED']),
      );
      const { data, errors } = await signIn({ password, newPassword: 'Another-Passphrase-7' });
      expect(errors).toEqual([]);
      expect(data.login.user.username).toBe('admin');
      const again = await runBeside('provision-tenant', provisionGamma);
      expect(again.stdout).toMatch(/^Sign in at http:\/\/localhost:\d+\/graphql$/m);
    });

    it('is what they migrate, seed, re-encrypt and query, with its keys and at its address', async () => {
      const [central, reencrypted, stressed] = await Promise.all([
        runBeside('migrate-central', ['--json']),
        runBeside('reencrypt-credentials', ['--json']),
        runBeside('stress', ['--tenant', 'acme01', '--rate', '5', '--seconds', '1', '--json'], {
          STRESS_PASSWORD: 'Password123!',
        }),
      ]);
      expect(JSON.parse(central.stdout)).toMatchObject({
        owner: 'postgres',
        application: 'central_application',
      });
      expect(JSON.parse(reencrypted.stdout)).toMatchObject({ failures: [], changed: 0 });
      expect(JSON.parse(stressed.stdout)).toMatchObject({ failed: 0, wrongTenant: 0 });
    });

    it('is left alone in production, and when the environment names a central database', async () => {
      const [production, elsewhere] = await Promise.all([
        runBeside('migrate-all-tenants', [], { ENVIRONMENT: 'production' }),
        runBeside('migrate-all-tenants', [], {
          CENTRAL_ADMIN_DATABASE_URL: 'postgresql://someone@127.0.0.1:1/central',
        }),
      ]);
      expect(production.stderr).toContain('CENTRAL_ADMIN_DATABASE_URL is missing');
      expect(production.stderr).toContain(
        'CENTRAL_ADMIN_DATABASE_URL in .env is the example of .env.example',
      );
      expect(elsewhere.stderr).toContain("Can't reach database server at 127.0.0.1:1");
      for (const { stderr } of [production, elsewhere])
        expect(stderr).not.toContain('development database in');
    });

    it('keeps what opens its databases from other users, and out of process lists', async () => {
      const record = join(folder, '.data/server.json');
      expect((await stat(record)).mode & 0o777).toBe(0o600);
      const { environment } = recordSchema.parse(JSON.parse(await readFile(record, 'utf8')));
      const secrets = [
        environment.CREDENTIALS_ENCRYPTION_KEY,
        ...['CENTRAL_ADMIN', 'CENTRAL_MIGRATION', 'TENANT_ADMIN'].map(
          (whose) => new URL(environment[`${whose}_DATABASE_URL`] ?? '').password,
        ),
      ];
      const listed = (await listProcesses()).map((process) => process.arguments).join('\n');
      for (const secret of secrets) {
        expect(secret).toMatch(/.{20}/);
        expect(listed).not.toContain(secret);
      }
    });

    it('lets pages of any port of this machine in, with the cookie, and tells of others once', async () => {
      const signIn = (origin: string) =>
        running.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
          headers: { origin },
          variables: {
            input: { tenantKey: 'acme01', username: 'john', password: 'Password123!', useCookie: true },
          },
        });
      const allowed = await signIn('http://localhost:5173');
      expect(allowed.errors).toEqual([]);
      expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
      expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
      expect(allowed.headers.getSetCookie().join()).toContain('__Secure-cxg_refresh_acme01=');
      for (let time = 0; time < 2; time++) {
        const { codes, headers } = await signIn('https://app.example.com');
        expect(codes).toEqual(['FORBIDDEN']);
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
      const told = running.server.output().match(/"origin":"https:\/\/app\.example\.com".*ALLOWED_ORIGINS/g);
      expect(told).toHaveLength(1);
    });

    it('is not mistaken for a server that runs once it was killed', async () => {
      await running.server.stop('SIGKILL');
      await access(join(folder, '.data/server.json'));
      const { exitCode, stderr } = await runBeside('migrate-all-tenants');
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        'migrate-all-tenants: CENTRAL_ADMIN_DATABASE_URL is missing, and the development database isn\'t running: start it with "npm run dev".\n',
      );
    });
  });
});
