import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  [acme, beta] = await Promise.all([fleet.provision('acme01'), fleet.provision('beta02')]);
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const enter = (reason: string, tenantKey = 'acme01') =>
  fleet.graphql(
    'mutation ($key: String!, $reason: String!) { enterTenant(tenantKey: $key, reason: $reason) { accessToken } }',
    { token: manager, variables: { key: tenantKey, reason } },
  );

/** The numbers of records with that reason: in the central log, in the tenant's, and still pending. */
async function recordsOf(reason: string, { db } = acme): Promise<[number, number, number]> {
  const { central } = fleet.tools;
  const where = { action: 'tenant.enter', changes: { path: ['reason', 'after'], equals: reason } };
  return [
    await central.auditRecord.count({ where }),
    await db.auditRecord.count({ where }),
    await central.tenantEntry.count({ where: { reason } }),
  ];
}

const waiting = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** Keeps anybody from writing to the tenant's log. */
async function holdTenantLog() {
  const url = new URL(inject('postgresUrl'));
  url.pathname = fleet.placeFor('acme01').dbName;
  const superuser = new pg.Client({ connectionString: url.href });
  await superuser.connect();
  await superuser.query('BEGIN; LOCK TABLE sys.audit_log IN SHARE MODE');
  let held = true;
  const release = async () => {
    if (held) await superuser.end();
    held = false;
  };
  onTestFinished(release);
  return {
    /** Resolves once somebody waits for it. */
    isWaitedFor: () =>
      expect
        .poll(
          async () => {
            // A transaction keeps seeing the statistics that it saw first.
            await superuser.query('SELECT pg_stat_clear_snapshot()');
            return (await superuser.query(`SELECT 1 ${waiting}`)).rowCount;
          },
          { timeout: 10_000, interval: 20 },
        )
        .toBe(1),
    /** Cuts the connections of those who wait. */
    cutWaiters: () => superuser.query(`SELECT pg_terminate_backend(pid) ${waiting}`),
    release,
  };
}

/** Creates an entry whose process died right after it was stored as pending. */
async function cutOff(reason: string, more: object = {}): Promise<string> {
  const claims = z.object({ sub: z.uuid() }).parse(decodeJwt(manager));
  const { id } = await fleet.tools.central.tenantEntry.create({
    data: {
      id: randomUUID(),
      tenantKey: 'acme01',
      managerId: claims.sub,
      managerUsername: 'operator',
      reason,
      requestId: 'died',
      ...more,
    },
  });
  return id;
}

describe('enterTenant', () => {
  it('waits for the tenant’s log without a transaction open in the central database, and is recorded in both', async () => {
    const log = await holdTenantLog();
    const entering = enter('Slow log');
    await log.isWaitedFor();
    const [{ open }] = z.tuple([z.object({ open: z.int() })]).parse(
      await fleet.tools.central.$queryRaw`
        SELECT count(*)::int AS open FROM pg_stat_activity
        WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
          AND backend_type = 'client backend'`,
    );
    await log.release();
    expect(open).toBe(0);
    expect((await entering).errors).toEqual([]);
    expect(await recordsOf('Slow log')).toEqual([1, 1, 0]);
  });

  it('blames the tenant’s database when that is lost, and is recorded in neither log', async () => {
    const log = await holdTenantLog();
    const entering = enter('Lost tenant');
    await log.isWaitedFor();
    await log.cutWaiters();
    expect((await entering).codes).toEqual(['TENANT_UNAVAILABLE']);
    await log.release();
    expect(await recordsOf('Lost tenant')).toEqual([0, 0, 0]);
  });

  it('blames the central database when that is lost in between; the records come, the token does not', async () => {
    const server = new pg.Client({ connectionString: inject('postgresUrl') });
    await server.connect();
    onTestFinished(() => server.end());
    const central = new URL(fleet.configuration.centralDatabaseUrl).pathname.slice(1);
    const log = await holdTenantLog();
    const entering = enter('Lost centre');
    await log.isWaitedFor();
    await server.query(`ALTER DATABASE ${central} ALLOW_CONNECTIONS false`);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      central,
    ]);
    await log.release();
    const { data, codes } = await entering.finally(() =>
      server.query(`ALTER DATABASE ${central} ALLOW_CONNECTIONS true`),
    );
    expect({ data, codes }).toEqual({ data: { enterTenant: null }, codes: ['SERVICE_UNAVAILABLE'] });
    expect(await recordsOf('Lost centre')).toEqual([0, 1, 1]);
    await fleet.app.entries.complete();
    expect(await recordsOf('Lost centre')).toEqual([1, 1, 0]);
  });

  it('is recorded in both logs in the end when nobody knows what became of the tenant’s', async () => {
    // It fails where the answer to the commit is expected.
    await acme.runAsOwner(
      `CREATE FUNCTION sys.lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'lost'; END $$`,
    );
    await acme.runAsOwner(
      `CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON sys.audit_log
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sys.lose()`,
    );
    const { data } = await enter('In doubt');
    await acme.runAsOwner('DROP FUNCTION sys.lose() CASCADE');
    expect(data).toEqual({ enterTenant: null });
    expect(await recordsOf('In doubt')).toEqual([0, 0, 1]);
    await fleet.app.entries.complete();
    expect(await recordsOf('In doubt')).toEqual([1, 1, 0]);
  });
});

describe('an entry that was cut off', () => {
  it('is recorded in both logs once, whoever completes it', async () => {
    const id = await cutOff('Cut off');
    const other = fleet.startApp().app;
    await Promise.all([fleet.app.entries.complete(), other.entries.complete()]);
    await fleet.app.entries.complete();
    expect(await recordsOf('Cut off')).toEqual([1, 1, 0]);
    const expected = {
      id,
      entityType: 'Tenant',
      managerUsername: 'operator',
      requestId: 'died',
      changes: { reason: { before: null, after: 'Cut off' } },
    };
    expect(await acme.db.auditRecord.findUnique({ where: { id } })).toMatchObject(expected);
    expect(await fleet.tools.central.auditRecord.findUnique({ where: { id } })).toMatchObject({
      ...expected,
      entityId: 'acme01',
      tenantKey: 'acme01',
    });
  });

  it('after the tenant’s record was written is recorded in the central log alone', async () => {
    const id = await cutOff('Half');
    await acme.db.auditRecord.create({
      data: {
        id,
        action: 'tenant.enter',
        entityType: 'Tenant',
        changes: { reason: { before: null, after: 'Half' } },
      },
    });
    await fleet.app.entries.complete();
    expect(await recordsOf('Half')).toEqual([1, 1, 0]);
  });

  it('says when it was asked for, if that is long ago', async () => {
    const createdAt = new Date(Date.now() - 3_600_000);
    const id = await cutOff('Late', { createdAt });
    await fleet.app.entries.complete();
    expect(await acme.db.auditRecord.findUnique({ where: { id } })).toMatchObject({
      changes: { askedAt: { before: null, after: createdAt.toISOString() } },
    });
  });

  it('is completed by a process that starts', async () => {
    await cutOff('Started');
    const { app } = fleet.startApp();
    await app.ready();
    await expect.poll(() => recordsOf('Started')).toEqual([1, 1, 0]);
  });

  it('is completed for a suspended tenant, waits for one that has no database, and holds up no other', async () => {
    const { central } = fleet.tools;
    const change = async (status: 'active' | 'suspended' | 'archived') => {
      await central.tenant.update({
        where: { tenantKey: 'beta02' },
        data: { status, isActive: status === 'active' },
      });
      await fleet.tools.invalidate('beta02');
    };
    onTestFinished(() => change('active'));
    await change('archived');
    await cutOff('Of beta', { tenantKey: 'beta02' });
    await cutOff('Of acme');
    await fleet.app.entries.complete();
    expect(await recordsOf('Of beta', beta)).toEqual([0, 0, 1]);
    expect(await recordsOf('Of acme')).toEqual([1, 1, 0]);
    await change('suspended');
    await fleet.app.entries.complete();
    expect(await recordsOf('Of beta', beta)).toEqual([1, 1, 0]);
  });
});
