import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withExclusiveLock } from '../../src/db/advisory-lock.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { checkDirectAddress } from '../../src/tenancy/move/direct-address-check.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { describeWithPgBouncer } from '../support/describe-with-pgbouncer.ts';
import { pgBouncerVersion } from '../support/find-pgbouncer.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { type PgBouncer, startPgBouncer, startPgBouncerWith } from '../support/pgbouncer.ts';
import { runScript } from '../support/run-script.ts';
import { runStdioSchemaEngine } from '../support/stdio-schema-engine.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

const cacheSeconds = 1;
const poolSize = 3;

/** `auth_dbname` came with 1.19. */
const firstVersionWithLookupDatabase = 11_900;

describeWithPgBouncer('behind PgBouncer in transaction mode', (program) => {
  const superuser = parseDatasourceUrl(inject('postgresUrl'));
  let administrator: TestAdministrator;
  let fleet: TestFleet;
  let server: pg.Client;
  let pooler: PgBouncer;
  let home: { readonly dbHost: string; readonly dbPort: number };
  let pooled: { readonly dbHost: string; readonly dbPort: number };
  let direct: { readonly dbDirectHost: string; readonly dbDirectPort: number };

  beforeAll(async () => {
    // As large providers have them: no superuser sees what a pooler's sessions do for it.
    administrator = await makeAdministrator();
    fleet = await createTestFleet({
      TENANT_ADMIN_DATABASE_URL: datasourceUrl(administrator.datasource),
      TENANT_DIRECTORY_CACHE_TTL: String(cacheSeconds),
      TENANT_CONNECTION_TIMEOUT: '30',
    });
    const { host, port } = fleet.tools.tenantAdminDatasource;
    home = { dbHost: host, dbPort: port };
    direct = { dbDirectHost: host, dbDirectPort: port };
    pooler = await startPgBouncer(program, superuser, { default_pool_size: poolSize });
    pooled = { dbHost: pooler.host, dbPort: pooler.port };
    server = new pg.Client({ connectionString: inject('postgresUrl') });
    await server.connect();
  });
  afterAll(async () => {
    await server.end();
    await pooler.stop();
    await fleet.tools.central.tenant.updateMany({
      data: { ...home, dbDirectHost: null, dbDirectPort: null },
    });
    await fleet.close();
    await administrator.drop();
  });

  const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const move = (tenantKey: string, place: Parameters<typeof moveTenant>[2]) =>
    moveTenant(fleet.tools, tenantKey, place);

  async function ownerOf(tenantKey: string): Promise<Datasource> {
    const owner = await ownerDatasource(await rowOf(tenantKey), fleet.tools.secrets);
    if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
    return owner;
  }

  async function rows(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await server.query<Record<string, unknown>>(statement, values)).rows;
  }

  const limitsOfRole = async (role: string) =>
    (
      await rows(
        `SELECT unnest(setconfig) AS setting FROM pg_db_role_setting
         JOIN pg_roles ON pg_roles.oid = setrole JOIN pg_database ON pg_database.oid = setdatabase
         WHERE rolname = $1`,
        [role],
      )
    ).map(({ setting }) => setting);

  const sessionsOf = (role: string) => rows('SELECT pid FROM pg_stat_activity WHERE usename = $1', [role]);

  const advisoryLocks = (database: string) =>
    rows(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = $1)`,
      [database],
    );

  /** Another pooler in front of the same server. */
  async function anotherPooler(settings: Parameters<typeof startPgBouncer>[2]): Promise<PgBouncer> {
    const another = await startPgBouncer(program, superuser, settings);
    onTestFinished(() => another.stop());
    return another;
  }

  const writePosition = async ({ token }: NamedTenant, position: string) => {
    const { data: me } = await fleet.graphql('{ me { id } }', { token });
    return fleet.graphql(
      'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { position } }',
      { token, variables: { id: me.me.id, input: { position } } },
    );
  };

  describe('a tenant', () => {
    it('is moved there and served on few sessions, also after the caches have forgotten it', async () => {
      const tenant = await provisionNamed(fleet, 'moved1');
      await askForName(fleet.graphql, tenant);
      expect(await move('moved1', { ...pooled, ...direct })).toMatchObject({ moved: true, remark: null });
      const another = fleet.startApp().graphql;
      const reads = [fleet.graphql, another].flatMap((graphql) =>
        Array.from({ length: 10 }, () => askForName(graphql, tenant)),
      );
      const writes = Array.from({ length: 5 }, (_, turn) => writePosition(tenant, `Position ${turn}`));
      await Promise.all(reads);
      for (const { errors } of await Promise.all(writes)) expect(errors).toEqual([]);
      await delay(cacheSeconds * 1_000 + 200);
      for (const graphql of [fleet.graphql, another]) await askForName(graphql, tenant);
      const { dbUser } = await rowOf('moved1');
      expect((await sessionsOf(dbUser)).length).toBeLessThanOrEqual(poolSize);
      expect(await limitsOfRole(dbUser)).toEqual([
        'statement_timeout=15s',
        'idle_in_transaction_session_timeout=15s',
        'default_transaction_isolation=read committed',
      ]);
      expect(await limitsOfRole((await ownerOf('moved1')).user)).toEqual([]);
    });

    it('leaves nothing in the sessions that the next client gets', async () => {
      const tenant = await provisionNamed(fleet, 'clean1');
      await move('clean1', { ...pooled, ...direct });
      await Promise.all(Array.from({ length: 10 }, () => askForName(fleet.graphql, tenant)));
      await writePosition(tenant, 'Nothing named');
      const { dbUser } = await rowOf('clean1');
      const datasource = await ownerOf('clean1');
      // The very sessions: through the pooler, as the same role.
      const application = { ...datasource, host: pooled.dbHost, port: pooled.dbPort, user: dbUser };
      const password = await fleet.tools.secrets.read(
        { tenantKey: 'clean1', purpose: 'application' },
        (await rowOf('clean1')).dbPasswordEncrypted,
      );
      const left = await withConnection(
        { ...application, password, isPoolable: true, statement_timeout: false },
        async (client) =>
          (
            await client.query(
              `SELECT (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
                      (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
                      (SELECT count(*)::int FROM pg_cursors WHERE is_holdable) AS cursors,
                      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`,
            )
          ).rows,
      );
      expect(left).toEqual([{ prepared: 0, channels: 0, cursors: 0, locks: 0 }]);
    });

    it('is not moved to a pooler that can’t serve it, and nothing changes', async () => {
      const tenant = await provisionNamed(fleet, 'stays1');
      const before = await rowOf('stays1');
      const settings = await limitsOfRole(before.dbUser);
      const noTransactions = await anotherPooler({ pool_mode: 'statement' });
      await expect(
        move('stays1', { dbHost: noTransactions.host, dbPort: noTransactions.port, ...direct }),
      ).rejects.toThrow(/Tenant stays1 can't work at .*transaction/);
      const stranger = await anotherPooler({
        auth_query: 'SELECT usename, passwd FROM pg_shadow WHERE false AND usename = $1',
      });
      await expect(
        move('stays1', { dbHost: stranger.host, dbPort: stranger.port, ...direct }),
      ).rejects.toThrow(/Tenant stays1 can't work at /);
      expect(await rowOf('stays1')).toEqual(before);
      expect(await limitsOfRole(before.dbUser)).toEqual(settings);
      await askForName(fleet.graphql, tenant);
    });

    it('is not moved with a direct address that leads to another server', async () => {
      await fleet.provision('stays2').then(({ db }) => db.$disconnect());
      const before = await rowOf('stays2');
      const another = await anotherPooler({});
      // A pooler's, too.
      await expect(
        move('stays2', { ...pooled, dbDirectHost: another.host, dbDirectPort: another.port }),
      ).rejects.toThrow(/is a connection pooler .* --db-direct-host/);
      await expect(move('stays2', { ...pooled, dbDirectHost: '127.0.0.1', dbDirectPort: 1 })).rejects.toThrow(
        /ECONNREFUSED/,
      );
      const central = parseDatasourceUrl(fleet.configuration.centralDatabaseUrl);
      const serving = { ...(await ownerOf('stays2')), host: pooler.host, port: pooler.port };
      await expect(checkDirectAddress(serving, central)).rejects.toThrow(
        /is not in front of the server at .* check --db-direct-host/,
      );
      expect(await rowOf('stays2')).toEqual(before);
    });
  });

  describe('without the server’s own address', () => {
    it('a tenant is not migrated: the flag is named, and no lock is left', async () => {
      const tenant = await provisionNamed(fleet, 'locked1');
      // The server, before it was replaced by a pooler with settings on its side.
      const lenient = await anotherPooler({ ignore_startup_parameters: 'statement_timeout' });
      const outcome = await move('locked1', { dbHost: lenient.host, dbPort: lenient.port });
      expect(outcome.remark).toMatch(/is a connection pooler .* --db-direct-host/);
      await askForName(fleet.graphql, tenant);
      const { dbName } = await rowOf('locked1');
      await tenant.runAsOwner('SELECT 1');
      for (const engine of ['wasm', 'cli'] as const) {
        const [report] = await migrateFleet(fleet.tools, {
          engine,
          concurrency: 1,
          tenantKeys: ['locked1'],
          dryRun: false,
        });
        expect(report).toMatchObject({
          status: 'failed',
          error: expect.stringMatching(
            /is a connection pooler that gives each session to others .* --db-direct-host/,
          ),
        });
      }
      await expect(applyMigrations(await ownerOf('locked1'), tenantMigrationsFolder)).rejects.toThrow(
        /is a connection pooler/,
      );
      const url = datasourceUrl(await ownerOf('locked1'));
      const cli = ['--datasource', JSON.stringify({ url }), 'cli', 'can-connect-to-database'];
      expect(await runStdioSchemaEngine(cli)).toMatchObject({
        exitCode: 1,
        log: expect.stringContaining('is a connection pooler'),
      });
      expect(await advisoryLocks(dbName)).toEqual([]);
      await move('locked1', { ...home, dbDirectHost: null });
      const [report] = await migrateFleet(fleet.tools, {
        engine: 'wasm',
        concurrency: 1,
        tenantKeys: ['locked1'],
        dryRun: false,
      });
      expect(report).toMatchObject({ status: 'up-to-date', error: null });
    });

    it('the scripts say the same', async () => {
      await fleet.provision('locked2').then(({ db }) => db.$disconnect());
      await move('locked2', pooled);
      const migrated = await runScript(
        'scripts/migrate-all-tenants.ts',
        ['--tenant-key', 'locked2'],
        fleet.environment,
      );
      expect(migrated.exitCode).toBe(1);
      expect(migrated.stdout + migrated.stderr).toMatch(/is a connection pooler .* --db-direct-host/);
      const rotation = rotateCredentials(fleet.tools, 'locked2', {
        purpose: 'application',
        graceSeconds: 0,
        drainSeconds: 5,
      });
      await expect(rotation).rejects.toThrow(/is a connection pooler .* --db-direct-host/);
      expect(await advisoryLocks((await rowOf('locked2')).dbName)).toEqual([]);
    });

    it('no tenant is begun, and with it one is made and served', async () => {
      await expect(fleet.provision('born1', pooled)).rejects.toThrow(
        /is a connection pooler .* --db-direct-host/,
      );
      expect(await fleet.tools.central.tenant.findUnique({ where: { tenantKey: 'born1' } })).toBeNull();
      await fleet.provision('born1', { ...pooled, ...direct });
      const { accessToken } = await fleet.signIn('born1');
      const { errors } = await fleet.graphql('{ me { username } }', { token: accessToken });
      expect(errors).toEqual([]);
    });

    it('a pooler in session mode does as well', async () => {
      await fleet.provision('kept1').then(({ db }) => db.$disconnect());
      const sessions = await anotherPooler({ pool_mode: 'session', default_pool_size: 8 });
      await move('kept1', { ...pooled, dbDirectHost: sessions.host, dbDirectPort: sessions.port });
      const tools = {
        ...fleet.tools,
        tenantAdminDatasource: { ...administrator.datasource, host: sessions.host, port: sessions.port },
      };
      const [report] = await migrateFleet(tools, {
        engine: 'wasm',
        concurrency: 1,
        tenantKeys: ['kept1'],
        dryRun: false,
      });
      expect(report).toMatchObject({ status: 'up-to-date', error: null });
    });
  });

  describe('a rotation', () => {
    it('fails no request, also where clients are evicted, and a neighbour moves away from the pooler and back', async () => {
      const tenants = [await provisionNamed(fleet, 'turned1'), await provisionNamed(fleet, 'turned2')];
      for (const { tenantKey } of tenants) await move(tenantKey, { ...pooled, ...direct });
      const clients = [fleet.graphql, fleet.startApp({ TENANT_CLIENT_CAPACITY: '1' }).graphql];
      const load = startSteadyLoad(40, async (turn) => {
        const [client, tenant] = [clients[turn % 2], tenants[Math.floor(turn / 2) % 2]];
        if (client && tenant) await askForName(client, tenant);
      });
      const { dbUser } = await rowOf('turned1');
      try {
        const rotation = rotateCredentials(fleet.tools, 'turned1', {
          purpose: 'application',
          graceSeconds: cacheSeconds + 1,
          // Much less than PgBouncer keeps a session that nobody uses.
          drainSeconds: 60,
        });
        await move('turned2', { ...home, dbDirectHost: null });
        await move('turned2', { ...pooled, ...direct });
        expect(await rotation).toEqual({
          from: dbUser,
          to: `${dbUser}-b`,
          terminated: 0,
          old: { canSignIn: false, sessions: 0 },
        });
      } finally {
        expect((await load.stop()).failures).toEqual({});
      }
      expect(await limitsOfRole(`${dbUser}-b`)).toContain('statement_timeout=15s');
    }, 60_000);

    it('is refused while the pooler doesn’t know the new role, and served as before', async () => {
      const tenant = await provisionNamed(fleet, 'unknown1');
      const { dbUser } = await rowOf('unknown1');
      const listed = await anotherPooler({
        auth_query: `SELECT usename, passwd FROM pg_shadow WHERE usename = $1 AND usename NOT LIKE '%-b'`,
      });
      await move('unknown1', { dbHost: listed.host, dbPort: listed.port, ...direct });
      const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 0 } as const;
      await expect(rotateCredentials(fleet.tools, 'unknown1', rotation)).rejects.toThrow(
        /The new role .*-b can't be used at .* A pooler has to know the role/,
      );
      expect(await rowOf('unknown1')).toMatchObject({ dbUser });
      await askForName(fleet.graphql, tenant);
      await listed.configure({});
      await rotateCredentials(fleet.tools, 'unknown1', rotation);
      expect(await rowOf('unknown1')).toMatchObject({ dbUser: `${dbUser}-b` });
      await askForName(fleet.graphql, tenant);
    }, 60_000);
  });

  it('the settings of the operations guide serve a tenant as they are written', async () => {
    const guide = await readFile('docs/operations.md', 'utf8');
    const [, settings = ''] = guide.match(/```ini\n([^`]*\[pgbouncer\][^`]*)```/) ?? [];
    const [, statements = ''] = guide.match(/```sql\n([^`]*CREATE FUNCTION pooler[^`]*)```/) ?? [];
    const tenant = await provisionNamed(fleet, 'guide1');
    await server.query('CREATE DATABASE pooler');
    onTestFinished(async () => {
      await server.query('DROP DATABASE pooler WITH (FORCE)');
      await server.query('DROP ROLE IF EXISTS pgbouncer');
    });
    await withConnection({ ...superuser, database: 'pooler' }, (client) => client.query(statements));
    const looksUp = { user: 'pgbouncer', password: 'choose-one-and-put-it-into-userlist.txt' };
    const { dbUser } = await rowOf('guide1');
    const found = await withConnection(
      { ...superuser, ...looksUp, database: 'pooler' },
      async (client) =>
        (
          await client.query('SELECT * FROM unnest($1::text[]) AS one, pooler.secret_of(one)', [
            [dbUser, superuser.user],
          ])
        ).rows,
    );
    expect(found).toMatchObject([{ role: dbUser, secret: expect.stringMatching(/^SCRAM-SHA-256\$/) }]);

    const isOlder = (await pgBouncerVersion(program)) < firstVersionWithLookupDatabase;
    const written = isOlder
      ? settings
          .replace(/^auth_dbname .*$/m, '')
          .replace('auth_user = pgbouncer', `auth_user = ${superuser.user}`)
          .replace(
            /^auth_query .*$/m,
            'auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1',
          )
      : settings;
    const guided = await startPgBouncerWith(program, isOlder ? superuser : looksUp, (port, authFile) =>
      written
        .replace('host=db1.internal port=5432', `host=${superuser.host} port=${superuser.port}`)
        .replace('listen_port = 6432', `listen_port = ${port}`)
        .replace('/etc/pgbouncer/userlist.txt', authFile),
    );
    onTestFinished(() => guided.stop());
    expect(await move('guide1', { dbHost: guided.host, dbPort: guided.port, ...direct })).toMatchObject({
      moved: true,
    });
    await askForName(fleet.graphql, tenant);
    await move('guide1', { ...home, dbDirectHost: null });
  });

  describe('the central database', () => {
    const centralThroughPooler = () =>
      datasourceUrl({
        ...parseDatasourceUrl(fleet.configuration.centralDatabaseUrl),
        host: pooler.host,
        port: pooler.port,
      });

    it('serves servers and scripts', async () => {
      const tenant = await provisionNamed(fleet, 'central1');
      const { app, graphql } = fleet.startApp({ CENTRAL_ADMIN_DATABASE_URL: centralThroughPooler() });
      await app.ready();
      await Promise.all(Array.from({ length: 10 }, () => askForName(graphql, tenant)));
      const moved = await runScript(
        'scripts/move-tenant.ts',
        [
          '--tenant-key',
          'central1',
          '--db-host',
          pooled.dbHost,
          '--db-port',
          String(pooled.dbPort),
          '--json',
        ],
        { ...fleet.environment, CENTRAL_ADMIN_DATABASE_URL: centralThroughPooler() },
      );
      expect(moved).toMatchObject({ exitCode: 0, stderr: '' });
    });

    it('keeps locks between two processes', async () => {
      const url = centralThroughPooler();
      const holding = new EventTarget();
      const released = once(holding, 'release');
      const taken = once(holding, 'taken');
      const first = withExclusiveLock(url, 'pooled', async () => {
        holding.dispatchEvent(new Event('taken'));
        await released;
      });
      await taken;
      const tries = Array.from({ length: 5 }, () => withExclusiveLock(url, 'pooled', async () => 'taken'));
      expect(await Promise.all(tries)).toEqual([null, null, null, null, null]);
      expect(await withExclusiveLock(url, 'another', async () => 'taken')).toEqual({ result: 'taken' });
      holding.dispatchEvent(new Event('release'));
      await first;
      expect(await withExclusiveLock(url, 'pooled', async () => 'taken')).toEqual({ result: 'taken' });
    });

    it('is not migrated through it', async () => {
      const refused = await runScript('scripts/migrate-central.ts', [], {
        ...fleet.environment,
        CENTRAL_ADMIN_DATABASE_URL: centralThroughPooler(),
      });
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toMatch(/is a connection pooler .* CENTRAL_MIGRATION_DATABASE_URL/);
      expect(
        await advisoryLocks(parseDatasourceUrl(fleet.configuration.centralDatabaseUrl).database),
      ).toEqual([]);
    });
  });
});
