import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readMigrationsFolder, SchemaEngineError } from '@cxg/prisma-schema-engine';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations, parseDatabaseUrl, pendingMigrations } from '../../src/db/schema-engine.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';
import { runScript } from '../support/run-script.ts';
import { runStdioSchemaEngine } from '../support/stdio-schema-engine.ts';

const TENANT_MIGRATIONS = 'prisma/migrations';
const ADVISORY_LOCK = 72707369;

let database: TestDatabase;
let folder: string;

function eachWithDatabase(): void {
  beforeEach(async () => {
    database = await createEmptyDatabase();
    folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
  });

  afterEach(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });
}

async function writeMigration(name: string, script: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), script);
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function holdAdvisoryLock(): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(${ADVISORY_LOCK})`);
  return holder;
}

describe('applyMigrations', () => {
  eachWithDatabase();

  it('applies what is missing, in order, and then nothing', async () => {
    await writeMigration('20260102000000_second', 'ALTER TABLE t ADD COLUMN b int;');
    await writeMigration('20260101000000_first', 'CREATE TABLE t (a int);');

    expect(await applyMigrations(database.connection, folder)).toEqual({
      applied: ['20260101000000_first', '20260102000000_second'],
    });
    expect(await applyMigrations(database.connection, folder)).toEqual({ applied: [] });
  });

  it('puts the history into schema public and the tenant tables into schema sys', async () => {
    await applyMigrations(database.connection, TENANT_MIGRATIONS);

    expect(
      await query(
        `SELECT table_schema AS schema FROM information_schema.tables WHERE table_name IN ('users', '_prisma_migrations') ORDER BY 1`,
      ),
    ).toEqual([{ schema: 'public' }, { schema: 'sys' }]);
    expect(
      await query(`SELECT pg_get_expr(indpred, indrelid) AS predicate FROM pg_index
        WHERE indexrelid = 'sys.users_username_live_key'::regclass`),
    ).toEqual([{ predicate: '(deleted_at IS NULL)' }]);
  });

  it('runs a script with semicolons in strings and function bodies as it is written', async () => {
    await writeMigration(
      '20260101000000_function',
      `CREATE FUNCTION two() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END $$;`,
    );

    await applyMigrations(database.connection, folder);

    expect(await query('SELECT two()')).toEqual([{ two: 'a;b' }]);
  });

  it('names the migration that fails, quotes the database, undoes the script and refuses to go on', async () => {
    await writeMigration('20260101000000_good', 'CREATE TABLE t (a int);');
    await writeMigration('20260102000000_bad', 'CREATE TABLE half (a int); INSERT INTO nowhere VALUES (1);');

    const failure = await applyMigrations(database.connection, folder).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SchemaEngineError);
    expect(failure).toMatchObject({ code: 'P3018' });
    expect(String(failure)).toContain('20260102000000_bad');
    expect(String(failure)).toContain('relation "nowhere" does not exist');
    expect(await query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }]);
    expect(await pendingMigrations(database.connection, folder)).toMatchObject({
      pending: [],
      failed: ['20260102000000_bad'],
    });

    await expect(applyMigrations(database.connection, folder)).rejects.toMatchObject({ code: 'P3009' });
  });

  it('gives a clear error, and changes nothing, while another process keeps the lock', async () => {
    await writeMigration('20260101000000_first', 'CREATE TABLE t (a int);');
    const holder = await holdAdvisoryLock();

    await expect(
      applyMigrations(database.connection, folder, { lockWaitMilliseconds: 300 }),
    ).rejects.toMatchObject({ code: 'P1002', message: expect.stringContaining('Another process') });
    expect(await pendingMigrations(database.connection, folder)).toMatchObject({
      pending: ['20260101000000_first'],
    });
    await holder.end();
  });

  it('proceeds as soon as the other process lets go of the lock', async () => {
    await writeMigration('20260101000000_first', 'CREATE TABLE t (a int);');
    const holder = await holdAdvisoryLock();

    const applying = applyMigrations(database.connection, folder);
    await holder.query('SELECT pg_sleep(0.3)');
    await holder.end();

    expect(await applying).toEqual({ applied: ['20260101000000_first'] });
  });

  it('applies each migration once when several runs on one database start together', async () => {
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => applyMigrations(database.connection, TENANT_MIGRATIONS)),
    );

    expect(runs.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
    expect(
      await query(
        'SELECT count(*)::int - count(DISTINCT migration_name)::int AS twice FROM _prisma_migrations',
      ),
    ).toEqual([{ twice: 0 }]);
  });

  it('leaves no connection open, also after a failure', async () => {
    await writeMigration('20260101000000_bad', 'SELECT 1/0;');
    await applyMigrations(database.connection, folder).catch(() => undefined);

    expect(
      await query(
        `SELECT count(*)::int AS open FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      ),
    ).toEqual([{ open: 0 }]);
  });

  it('fails without ending the process when the server cuts the connection', async () => {
    await writeMigration('20260101000000_suicide', 'SELECT pg_terminate_backend(pg_backend_pid());');

    await expect(applyMigrations(database.connection, folder)).rejects.toBeInstanceOf(SchemaEngineError);
  });

  it.each([
    ['P1000', { password: 'wrong' }],
    ['P1001', { port: 1 }],
    ['P1003', { database: 'no_such_database' }],
  ])('answers %s when given %o', async (code, wrong) => {
    const connection = { ...database.connection, ...wrong };

    const failure = await applyMigrations(connection, folder).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code });
    await expect(pendingMigrations(connection, folder)).rejects.toMatchObject({ code });
  });

  it('refuses a folder that is not there, which would pass for «nothing to do»', async () => {
    await expect(applyMigrations(database.connection, join(folder, 'absent'))).rejects.toThrow(
      /cannot be read/,
    );
  });
});

describe('pendingMigrations', () => {
  eachWithDatabase();

  it('reports everything as pending where nothing was ever applied, and writes nothing', async () => {
    await writeMigration('20260101000000_first', 'CREATE TABLE t (a int);');

    expect(await pendingMigrations(database.connection, folder)).toEqual({
      pending: ['20260101000000_first'],
      failed: [],
      edited: [],
      missing: [],
    });
    expect(await query(`SELECT to_regclass('_prisma_migrations') AS history`)).toEqual([{ history: null }]);
  });

  it('tells pending, edited and missing migrations apart', async () => {
    await writeMigration('20260101000000_kept', 'CREATE TABLE kept (a int);\n');
    await writeMigration('20260102000000_edited', 'CREATE TABLE edited (a int);');
    await writeMigration('20260103000000_missing', 'CREATE TABLE missing (a int);');
    await applyMigrations(database.connection, folder);
    await writeMigration('20260101000000_kept', 'CREATE TABLE kept (a int);\r\n');
    await writeMigration('20260102000000_edited', 'CREATE TABLE edited (a bigint);');
    await rm(join(folder, '20260103000000_missing'), { recursive: true });
    await writeMigration('20260104000000_new', 'CREATE TABLE new (a int);');

    expect(await pendingMigrations(database.connection, folder)).toEqual({
      pending: ['20260104000000_new'],
      failed: [],
      edited: ['20260102000000_edited'],
      missing: ['20260103000000_missing'],
    });
  });

  it('counts a migration that was rolled back as pending again', async () => {
    await writeMigration('20260101000000_first', 'SELECT 1/0;');
    await applyMigrations(database.connection, folder).catch(() => undefined);
    await query('UPDATE _prisma_migrations SET rolled_back_at = now()');

    expect(await pendingMigrations(database.connection, folder)).toMatchObject({
      pending: ['20260101000000_first'],
      failed: [],
    });
  });
});

describe('the Prisma CLI with this engine', () => {
  eachWithDatabase();

  const prisma = async (args: string[], url = database.url) => {
    const environment = { ...process.env, TENANT_DATABASE_URL: url, CHECKPOINT_DISABLE: '1', NO_COLOR: '1' };
    const run = promisify(execFile)('node_modules/.bin/prisma', args, { env: environment });
    return run.then(
      ({ stdout, stderr }) => ({ exitCode: 0, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        exitCode: error.code,
        output: error.stdout + error.stderr,
      }),
    );
  };

  it('finds a database up to date that this process has migrated', async () => {
    await applyMigrations(database.connection, TENANT_MIGRATIONS);

    expect(await prisma(['migrate', 'status'])).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('Database schema is up to date!'),
    });
  });

  it('finds no drift in a database that this process has migrated', async () => {
    await applyMigrations(database.connection, TENANT_MIGRATIONS);

    const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma', '--exit-code'];
    expect(await prisma(diff)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('No difference detected'),
    });
  });

  it('deploys what this process then finds applied', async () => {
    expect(await prisma(['migrate', 'deploy'])).toMatchObject({ exitCode: 0 });

    expect(await applyMigrations(database.connection, TENANT_MIGRATIONS)).toEqual({ applied: [] });
  });

  it('sees in migrate dev that schema and migrations agree, and leaves no shadow database', async () => {
    const before = await readdir(TENANT_MIGRATIONS);

    expect(await prisma(['migrate', 'dev'])).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('Your database is now in sync with your schema.'),
    });
    expect(await readdir(TENANT_MIGRATIONS)).toEqual(before);
    expect(
      await query(`SELECT datname FROM pg_database WHERE datname LIKE 'prisma\\_migrate\\_shadow\\_db\\_%'`),
    ).toEqual([]);
  });

  it('has nothing to tell a migrate dev that says «Already in sync»', async () => {
    await applyMigrations(database.connection, TENANT_MIGRATIONS);

    const asked = {
      ...(await tenantSchema()),
      migrationsList: await readMigrationsFolder(TENANT_MIGRATIONS),
    };
    expect(await call('devDiagnostic', asked)).toMatchObject({ action: { tag: 'createMigration' } });
    expect(await call('evaluateDataLoss', asked)).toEqual({
      migrationSteps: 0,
      warnings: [],
      unexecutableSteps: [],
    });
    expect(await call('createMigration', { ...asked, migrationName: '', draft: false })).toMatchObject({
      migrationScript: null,
    });
  });

  it('fails with P1000 when the password is wrong, and does not show it', async () => {
    const url = new URL(database.url);
    url.password = 'wrong-secret';

    const { exitCode, output } = await prisma(['migrate', 'deploy'], url.href);

    expect(exitCode).toBe(1);
    expect(output).toContain('P1000: Authentication failed');
    expect(output).not.toContain('wrong-secret');
  });

  it('says which variable to set when the URL is not set', async () => {
    const { exitCode, output } = await prisma(['migrate', 'deploy'], 'unset:TENANT_DATABASE_URL');

    expect(exitCode).not.toBe(0);
    expect(output).toContain('Set TENANT_DATABASE_URL');
  });
});

describe('the executable for the Prisma CLI', () => {
  eachWithDatabase();

  it('takes the partial indexes into account when db push asks what a change would do', async () => {
    await applyMigrations(database.connection, TENANT_MIGRATIONS);

    expect(await call('schemaPush', { ...(await tenantSchema()), force: false })).toEqual({
      executedSteps: 0,
      unexecutable: [],
      warnings: [],
    });
  });

  it.each([
    ['P1001', "Can't reach database server", 'postgresql://someone:secret@127.0.0.1:1/none'],
    ['P1013', 'Set TENANT_DATABASE_URL', 'unset:TENANT_DATABASE_URL'],
  ])('fails with %s, «%s» and without the password', async (code, message, url) => {
    const run = await runStdioSchemaEngine([
      '--datasource',
      JSON.stringify({ url }),
      'cli',
      'can-connect-to-database',
    ]);

    expect(run).toMatchObject({ exitCode: 1, output: '' });
    // The CLI skips the first line.
    const [, entry] = run.log.split('\n');
    expect(JSON.parse(entry ?? '')).toMatchObject({
      fields: { is_panic: false, error_code: code, message: expect.stringContaining(message) },
    });
    expect(run.log).not.toContain('secret');
  });
});

/** The tenant's schema files as the CLI sends them. */
async function tenantSchema() {
  const paths = (await readdir('prisma')).flatMap((name) =>
    name.endsWith('.prisma') ? [`prisma/${name}`] : [],
  );
  const files = await Promise.all(
    paths.map(async (path) => ({ path, content: await readFile(path, 'utf8') })),
  );
  return { schema: { files }, filters: { externalTables: [], externalEnums: [] } };
}

/** The executable's answer to one call of the CLI. */
async function call(method: string, params: object): Promise<unknown> {
  const datamodels = (await tenantSchema()).schema.files.flatMap(({ path }) => ['--datamodels', path]);
  const { output } = await runStdioSchemaEngine(
    [...datamodels, '--datasource', JSON.stringify({ url: database.url })],
    [JSON.stringify({ id: 1, jsonrpc: '2.0', method, params })],
  );
  const { result, error } = JSON.parse(output);
  expect(error).toBeUndefined();
  return result;
}

describe('parseDatabaseUrl', () => {
  it('reads the parts, decoded', () => {
    expect(
      parseDatabaseUrl('postgresql://us%40er:p%3Aw@[::1]:6000/d%20b?schema=app&sslmode=verify-full'),
    ).toEqual({
      connection: {
        host: '::1',
        port: 6000,
        database: 'd b',
        user: 'us@er',
        password: 'p:w',
        tls: { sslmode: 'verify-full' },
      },
      schema: 'app',
    });
  });

  it.each([
    '',
    'not a url',
    'mysql://u:secret@h/d',
    'postgresql://u:secret%@h/d',
    'postgresql://u:secret@h/d?sslmode=x',
  ])('refuses %s without repeating it', (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(expect.objectContaining({ code: 'P1013' }));
    expect(() => parseDatabaseUrl(url)).not.toThrow(/secret/);
  });
});

describe('a panic of the engine', () => {
  eachWithDatabase();

  it('becomes an error, and the engine is not used any longer', async () => {
    const { exitCode, stdout } = await runScript('test/support/panic-the-engine.ts', [database.url], {});
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      expect.stringContaining('panicked'),
      expect.stringContaining('panicked'),
    ]);
  });
});
