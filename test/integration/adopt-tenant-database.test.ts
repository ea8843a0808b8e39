import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { withConnection } from '../../src/db/with-connection.ts';
import { adoptTenantDatabase, type TypedMarker } from '../../src/tenancy/restore/adopt-tenant-database.ts';
import { type RestoreTools, repairTenantDatabase } from '../../src/tenancy/restore/repair-tenant-database.ts';
import type { NamedPlace } from '../../src/tenancy/restore/restored-place.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { restoreCopy } from '../support/restored-copy.ts';
import { runScript } from '../support/run-script.ts';

const { escapeIdentifier } = pg;

let fleet: TestFleet;
let server: DatabaseServer;
let tools: RestoreTools;
let acme: NamedTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  tools = { ...fleet.tools, invalidateSessions: async () => {} };
  acme = await provisionNamed(fleet, 'acme');
  await provisionNamed(fleet, 'beta');
});
afterEach(async () => {
  for (const database of copies.splice(0)) {
    await server.run(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
  }
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const copies: string[] = [];

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const adopt = (tenantKey: string, typed: TypedMarker, place: NamedPlace = {}) =>
  adoptTenantDatabase(tools, tenantKey, typed, place);

const inDatabase = <T>(database: string, work: (client: pg.Client) => Promise<T>) =>
  withConnection({ ...fleet.tools.tenantAdminDatasource, database }, work);

const markerOf = async (database: string) =>
  (
    await inDatabase(database, (client) =>
      client.query('SELECT tenant_id, tenant_key FROM sys.tenant_marker'),
    )
  ).rows;

/** Restores acme's dump, owners and privileges included, as another database. */
async function restoreAcme(as?: string): Promise<string> {
  const { dbName, dbOwnerUser } = await rowOf('acme');
  const copy = as ?? `${dbName}_c${copies.length}`;
  if (as === undefined) copies.push(copy);
  else await server.run(`DROP DATABASE IF EXISTS ${escapeIdentifier(copy)} WITH (FORCE)`);
  await server.endConnections(dbName);
  await restoreCopy(dbName, copy, { owners: true, privileges: true, databaseOwner: dbOwnerUser ?? '' });
  return copy;
}

/** The answer to a client of beta: acme's administrator is in its database by then. */
const signInToBeta = () => fleet.signIn('beta', 'admin', testPassword);

describe('another tenant’s dump, restored as a tenant’s database', () => {
  it('is served within seconds after it was adopted, and no sooner; the other tenant goes on', async () => {
    await fleet.signIn('acme');
    await acme.db.$disconnect();
    await inDatabase((await rowOf('acme')).dbName, (client) =>
      client.query(
        `INSERT INTO sys.users (id, username, email, password_hash, full_name, must_change_password, password_expires_at, created_at)
         VALUES (gen_random_uuid(), 'newcomer', 'newcomer@example.com', 'x', 'Newcomer', true, now() + interval '1 day', now() - interval '1 day')`,
      ),
    );
    const { dbName, dbHost, dbPort, id } = await rowOf('beta');
    const acmeId = (await rowOf('acme')).id;
    await restoreAcme(dbName);
    await server.run(`GRANT ALL ON DATABASE ${escapeIdentifier(dbName)} TO PUBLIC`);
    const refused = await fleet.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }',
      { variables: { input: { tenantKey: 'beta', username: 'admin', password: testPassword } } },
    );
    expect(refused.codes).toEqual(['TENANT_MISMATCH']);
    const done = await runScript(
      'scripts/adopt-tenant-database.ts',
      ['--tenant-key', 'beta', '--marked-as', 'acme', '--operator', 'Kim', '--json'],
      fleet.environment,
    );
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      outcome: 'adopted',
      from: { tenantKey: 'acme', id: acmeId },
      ended: { sessions: 2, oneTimePasswords: 1 },
    });
    await fleet.tools.invalidate('beta');
    const session = await vi.waitFor(signInToBeta, { timeout: 10_000, interval: 200 });
    expect(await markerOf(dbName)).toEqual([{ tenant_id: id, tenant_key: 'beta' }]);

    const { data } = await fleet.graphql('{ auditLog(first: 2) { edges { node { action } } } }', {
      token: session.accessToken,
    });
    expect(data.auditLog.edges).toEqual([
      { node: { action: 'SESSION_BEGIN' } },
      { node: { action: 'TENANT_ADOPT_DATABASE' } },
    ]);
    const stranger = {
      ...(await tenantDatasource(await rowOf('acme'), fleet.tools.secrets)),
      database: dbName,
    };
    await expect(withConnection(stranger, async () => {})).rejects.toThrow(/permission denied for database/);
    await askForName(fleet.graphql, acme);

    const records = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'tenant.adopt_database', tenantKey: 'beta' },
      orderBy: { createdAt: 'asc' },
    });
    expect(records.map(({ changes }) => changes)).toEqual(
      ['begun', 'done'].map((stage) =>
        expect.objectContaining({
          stage: { before: null, after: stage },
          marker: { before: `acme (id ${acmeId})`, after: `beta (id ${id})` },
          place: { before: null, after: `${dbHost}:${dbPort}/${dbName}` },
          operator: { before: null, after: 'Kim' },
        }),
      ),
    );
    expect(await adopt('beta', { markedAs: 'acme' })).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('can be adopted before a move to it, and leaves the other tenant’s roles nothing to do with it', async () => {
    const dbName = await restoreAcme();
    expect(await adopt('beta', { markedAs: 'acme' }, { dbName })).toMatchObject({
      outcome: 'adopted',
      isPresentPlace: false,
    });
    const { rows } = await inDatabase(dbName, (client) =>
      client.query(
        `SELECT refobjid::regrole FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND refclassid = 'pg_authid'::regclass AND refobjid::regrole::text LIKE '%acme%'`,
      ),
    );
    expect(rows).toEqual([]);
    expect(
      await repairTenantDatabase(
        tools,
        'beta',
        { dbName },
        { dryRun: true, trust: false, endSessions: false },
      ),
    ).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('is adopted altogether or not at all', async () => {
    const dbName = await restoreAcme();
    const before = await markerOf(dbName);
    await inDatabase(dbName, (client) =>
      client.query(
        `CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'cut off'; END$$;
         CREATE TRIGGER cut_off BEFORE DELETE ON sys.sessions EXECUTE FUNCTION public.fail()`,
      ),
    );
    await expect(adopt('beta', { markedAs: 'acme' }, { dbName })).rejects.toThrow('cut off');
    expect(await markerOf(dbName)).toEqual(before);
    await inDatabase(dbName, (client) => client.query('DROP TRIGGER cut_off ON sys.sessions'));
    expect(await adopt('beta', { markedAs: 'acme' }, { dbName })).toMatchObject({ outcome: 'adopted' });
  });

  it('is not adopted while a trigger of the dump keeps its sessions', async () => {
    await fleet.signIn('acme');
    const dbName = await restoreAcme();
    const before = await markerOf(dbName);
    await inDatabase(dbName, (client) =>
      client.query(
        `CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
         CREATE TRIGGER keep BEFORE DELETE ON sys.sessions FOR EACH ROW EXECUTE FUNCTION public.keep()`,
      ),
    );
    await expect(adopt('beta', { markedAs: 'acme' }, { dbName })).rejects.toThrow(
      'could not be ended: a trigger or a rule of the dump keeps them',
    );
    expect(await markerOf(dbName)).toEqual(before);
  });

  it('runs code that came with it with no more rights than its new owner has', async () => {
    const dbName = await restoreAcme();
    await inDatabase(dbName, (client) =>
      client.query(
        `CREATE TABLE public.seen (who text); GRANT INSERT ON public.seen TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC;
         CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN INSERT INTO public.seen VALUES (session_user || ' as ' || current_user); RETURN NEW; END$$;
         CREATE TRIGGER look BEFORE UPDATE ON sys.tenant_marker FOR EACH ROW EXECUTE FUNCTION public.look()`,
      ),
    );
    await adopt('beta', { markedAs: 'acme' }, { dbName });
    const { dbOwnerUser } = await rowOf('beta');
    const { rows } = await inDatabase(dbName, (client) => client.query('SELECT who FROM public.seen'));
    expect(rows).toEqual([{ who: `${dbOwnerUser} as ${dbOwnerUser}` }]);
  });
});

describe('a marker with an id that no tenant has', () => {
  it('is replaced when the id is typed, too', async () => {
    const dbName = await restoreAcme();
    await inDatabase(dbName, (client) =>
      client.query(`UPDATE sys.tenant_marker SET tenant_id = 4711, tenant_key = 'gone'`),
    );
    const typed = { markedAs: 'gone' };
    await expect(adopt('beta', typed, { dbName })).rejects.toThrow(/say so with --marked-id 4711/);
    await expect(adopt('beta', { ...typed, markedId: 4712 }, { dbName })).rejects.toThrow(
      /\(id 4711\), not of/,
    );
    expect(await adopt('beta', { ...typed, markedId: 4711 }, { dbName })).toMatchObject({
      outcome: 'adopted',
    });
  });

  it('is replaced in a tenant’s own database, too, and no session of before goes on', async () => {
    await fleet.provision('same');
    const { refreshToken } = await fleet.signIn('same');
    const { dbName, id } = await rowOf('same');
    await inDatabase(dbName, (client) => client.query('UPDATE sys.tenant_marker SET tenant_id = 4711'));
    await expect(adopt('same', { markedAs: 'same' })).rejects.toThrow(
      new RegExp(`tenant same has the id ${id} today.* --marked-id 4711`),
    );
    expect(await adopt('same', { markedAs: 'same', markedId: 4711 })).toMatchObject({ outcome: 'adopted' });
    const refreshed = await fleet.graphql(
      'mutation ($refreshToken: String!) { refreshToken(refreshToken: $refreshToken) { accessToken } }',
      { variables: { refreshToken } },
    );
    expect(refreshed.codes).toEqual(['UNAUTHENTICATED']);
    await fleet.signIn('same');
  });
});

describe('a database is not adopted', () => {
  it('that another tenant is served from, by whatever address', async () => {
    const { dbName, dbHost } = await rowOf('acme');
    const before = await markerOf(dbName);
    const elsewhere = dbHost === 'localhost' ? '127.0.0.1' : 'localhost';
    for (const place of [{ dbName }, { dbName, dbHost: elsewhere }]) {
      await expect(adopt('beta', { markedAs: 'acme' }, place)).rejects.toThrow(/tenant acme is served from/);
    }
    expect(await markerOf(dbName)).toEqual(before);
    await askForName(fleet.graphql, acme);
  });

  it('in which another tenant is at work', async () => {
    const dbName = await restoreAcme();
    const guest = { ...(await tenantDatasource(await rowOf('acme'), fleet.tools.secrets)), database: dbName };
    await withConnection(guest, async () => {
      await expect(adopt('beta', { markedAs: 'acme' }, { dbName })).rejects.toThrow(/is signed in to it/);
    });
  });

  it('with another key than was typed, without a marker, or without tables', async () => {
    const dbName = await restoreAcme();
    await expect(adopt('beta', { markedAs: 'other' }, { dbName })).rejects.toThrow(
      /marked as that of tenant acme \(id \d+\), not of tenant other/,
    );
    await inDatabase(dbName, (client) => client.query('DELETE FROM sys.tenant_marker'));
    await expect(adopt('beta', { markedAs: 'acme' }, { dbName })).rejects.toThrow(
      /--trust --tenant-key beta/,
    );
    await inDatabase(dbName, (client) => client.query('DROP SCHEMA sys CASCADE'));
    await expect(adopt('beta', { markedAs: 'acme' }, { dbName })).rejects.toThrow(/restore the dump into it/);
  });

  it('without both keys', async () => {
    const { exitCode, stderr } = await runScript(
      'scripts/adopt-tenant-database.ts',
      ['--tenant-key', 'beta'],
      fleet.environment,
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'adopt-tenant-database: --marked-as is missing.\n',
    });
  });
});
