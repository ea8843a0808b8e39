import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import type { Datasource } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { openFleet } from '../../src/tenancy/fleet/open-fleet.ts';
import {
  type RotationOptions,
  type RotationTools,
  rotateCredentials,
} from '../../src/tenancy/rotation/rotate-credentials.ts';
import { type FleetRotationOptions, rotateFleet } from '../../src/tenancy/rotation/rotate-fleet.ts';
import { rotationSteps } from '../../src/tenancy/rotation/rotation-record.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { TenantChangeError } from '../../src/tenancy/tenant-change-error.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator } from '../support/administrators.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { describeWithRedis } from '../support/redis.ts';
import { runScript } from '../support/run-script.ts';
import { makeSingleRoleTenant } from '../support/single-role-tenant.ts';
import { describeLoad, startSteadyLoad } from '../support/steady-load.ts';

/** The time for which the processes of these tests may use outdated credentials. */
const maxStalenessSeconds = 1;
const quickly: RotationOptions = { purpose: 'application', graceSeconds: 0, drainSeconds: 15 };
const inService: RotationOptions = { ...quickly, graceSeconds: maxStalenessSeconds + 2 };

let fleet: TestFleet;
let server: pg.Client;

beforeAll(async () => {
  fleet = await createTestFleet({
    TENANT_DIRECTORY_CACHE_TTL: String(maxStalenessSeconds),
    // How long a busy machine takes is not the question here.
    TENANT_CONNECTION_TIMEOUT: '30',
  });
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
});
afterAll(async () => {
  await server.end();
  await fleet.close();
});

const rowOf = (tenantKey: string, { tools } = fleet) =>
  tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const applicationOf = async (tenantKey: string) =>
  tenantDatasource(await rowOf(tenantKey), fleet.tools.secrets);

async function ownerOf(tenantKey: string): Promise<Datasource> {
  const owner = await ownerDatasource(await rowOf(tenantKey), fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  return owner;
}

const query = (datasource: Datasource, statement: string) =>
  withConnection(datasource, async (client) => (await client.query(statement)).rows);

const sessionsOf = async (role: string) =>
  (await server.query('SELECT pid FROM pg_stat_activity WHERE usename = $1', [role])).rowCount;

const rotate = (tenantKey: string, options = quickly, tools: RotationTools = fleet.tools) =>
  rotateCredentials(tools, tenantKey, options);

describe('a rotation', () => {
  it('ends with a new role and password, and a server that knows no use of the old', async () => {
    const tenant = await provisionNamed(fleet, 'whole1');
    const before = await applicationOf('whole1');
    await askForName(fleet.graphql, tenant);
    const outcome = await rotate('whole1');
    const after = await applicationOf('whole1');
    expect(outcome).toEqual({
      from: before.user,
      to: `${before.user}-b`,
      terminated: 0,
      old: { canSignIn: false, sessions: 0 },
    });
    expect(after.user).toBe(`${before.user}-b`);
    expect(after.password).not.toBe(before.password);
    await expect(query(before, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await askForName(fleet.graphql, tenant);
    expect(await sessionsOf(before.user)).toBe(0);
    expect(await sessionsOf(after.user)).toBeGreaterThan(0);

    await rotate('whole1');
    const again = await applicationOf('whole1');
    expect(again.user).toBe(before.user);
    expect(again.password).not.toBe(before.password);
    await expect(query(after, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await askForName(fleet.graphql, tenant);
  });

  it('changes nothing of what the application may do', async () => {
    await fleet.provision('same1').then(({ db }) => db.$disconnect());
    await rotate('same1');
    const application = await applicationOf('same1');
    const [acting] = await query(application, 'SELECT current_user, session_user');
    expect(acting).toEqual({ current_user: application.user.slice(0, -2), session_user: application.user });
    await query(application, 'SELECT * FROM sys.users');
    for (const statement of [
      'CREATE TABLE sys.mine ()',
      'CREATE TEMP TABLE mine ()',
      'DELETE FROM sys.audit_log',
    ]) {
      await expect(query(application, statement), statement).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('leaves the privileges to the role that both act as, also after a migration', async () => {
    const { db, runAsOwner } = await fleet.provision('grown1');
    await db.$disconnect();
    await rotate('grown1');
    await runAsOwner('CREATE SCHEMA later CREATE TABLE customers (id serial PRIMARY KEY)');
    const [report] = await migrateFleet(fleet.tools, {
      engine: 'wasm',
      concurrency: 1,
      tenantKeys: ['grown1'],
      dryRun: false,
    });
    expect(report?.error).toBeNull();
    await query(await applicationOf('grown1'), 'INSERT INTO later.customers DEFAULT VALUES');
    await rotate('grown1');
    await query(await applicationOf('grown1'), 'INSERT INTO later.customers DEFAULT VALUES');
  });

  it('of the owner lets migrations go on, and everything belong to one role', async () => {
    await fleet.provision('owner1');
    const before = await ownerOf('owner1');
    const outcome = await rotate('owner1', { ...quickly, purpose: 'owner' });
    const after = await ownerOf('owner1');
    expect(outcome.to).toBe(`${before.user}-b`);
    expect(after.user).toBe(`${before.user}-b`);
    await expect(query(before, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await query(after, 'CREATE TABLE sys.later (id int)');
    await query(await applicationOf('owner1'), 'INSERT INTO sys.later VALUES (1)');
    const [{ owner }] = await query(
      after,
      `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'sys.later'::regclass`,
    );
    expect(owner).toBe(before.user);
    const reports = await migrateFleet(fleet.tools, {
      engine: 'cli',
      concurrency: 1,
      tenantKeys: ['owner1'],
      dryRun: false,
    });
    expect(reports.map(({ error }) => error)).toEqual([null]);
    await rotate('owner1', { ...quickly, purpose: 'owner' });
    expect((await ownerOf('owner1')).user).toBe(before.user);
  }, 60_000);

  it('of the owner does not cut off a migration', async () => {
    await fleet.provision('busy1');
    const migration = new pg.Client(await ownerOf('busy1'));
    await migration.connect();
    onTestFinished(() => migration.end());
    const options: RotationOptions = { purpose: 'owner', graceSeconds: 0, drainSeconds: 1 };
    await expect(rotate('busy1', options)).rejects.toThrow(/1 sessions of .* go on, of a migration perhaps/);
    await migration.query('CREATE TABLE sys.later ()');
    await migration.end();
    await expect(rotate('busy1', options)).resolves.toMatchObject({ old: { canSignIn: false, sessions: 0 } });
  });

  it('ends sessions of the old role that do not end by themselves, and no earlier than it says', async () => {
    await fleet.provision('stuck1').then(({ db }) => db.$disconnect());
    const stuck = new pg.Client(await applicationOf('stuck1'));
    stuck.on('error', () => {});
    await stuck.connect();
    await stuck.query('BEGIN');
    const started = performance.now();
    const outcome = await rotate('stuck1', { ...quickly, drainSeconds: 2 });
    expect(performance.now() - started).toBeGreaterThan(2_000);
    expect(outcome).toMatchObject({ terminated: 1, old: { canSignIn: false, sessions: 0 } });
    await expect(stuck.query('SELECT 1')).rejects.toThrow();
  });

  it('lets the old role sign in until its grace is over, although it has no session', async () => {
    await fleet.provision('grace1').then(({ db }) => db.$disconnect());
    const before = await applicationOf('grace1');
    const graceSeconds = 2;
    let storedAt = 0;
    let drained = false;
    const untold = { ...fleet.tools, invalidate: async () => {} };
    const rotation = rotateCredentials(
      untold,
      'grace1',
      { ...quickly, graceSeconds, drainSeconds: 0 },
      (step) => {
        if (step === 'store') storedAt = performance.now();
        if (step === 'drain') {
          drained = true;
          expect(performance.now() - storedAt).toBeGreaterThanOrEqual(graceSeconds * 1_000);
        }
      },
    );
    await vi.waitFor(() => expect(storedAt).toBeGreaterThan(0), { timeout: 10_000 });
    await query(before, 'SELECT 1');
    expect(drained).toBe(false);
    await expect(rotation).resolves.toMatchObject({ terminated: 0, old: { canSignIn: false, sessions: 0 } });
    await expect(query(before, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('that can’t be verified leaves the tenant as it was', async () => {
    const tenant = await provisionNamed(fleet, 'barred1');
    const before = await rowOf('barred1');
    const role = pg.escapeIdentifier(`${before.dbUser}-b`);
    await expect(
      rotateCredentials(fleet.tools, 'barred1', quickly, (step) => {
        if (step === 'make-role') return server.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`).then(() => {});
      }),
    ).rejects.toThrow(/too many connections for role/);
    expect(await rowOf('barred1')).toEqual(before);
    await askForName(fleet.graphql, tenant);
    await server.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await expect(rotate('barred1')).resolves.toMatchObject({ old: { sessions: 0 } });
  });

  it("does not take over somebody else's role", async () => {
    await fleet.provision('taken1');
    const name = `${(await rowOf('taken1')).dbUser}-b`;
    await server.query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN`);
    onTestFinished(() => server.query(`DROP ROLE ${pg.escapeIdentifier(name)}`).then(() => {}));
    await expect(rotate('taken1')).rejects.toThrow(`The role ${name} exists and belongs to something else.`);
  });

  it('runs with an administrator who is no superuser', async () => {
    const administrator = await makeAdministrator();
    const own = await createTestFleet();
    try {
      const tools = { ...own.tools, tenantAdminDatasource: administrator.datasource };
      Object.assign(own.tools, tools);
      await own.provision('humble1').then(({ db }) => db.$disconnect());
      const hold = new pg.Client(await tenantDatasource(await rowOf('humble1', own), own.tools.secrets));
      hold.on('error', () => {});
      await hold.connect();
      const ended = await rotateCredentials(tools, 'humble1', { ...quickly, drainSeconds: 1 });
      expect(ended).toMatchObject({ terminated: 1, old: { canSignIn: false, sessions: 0 } });
      await rotateCredentials(tools, 'humble1', quickly);
      await rotateCredentials(tools, 'humble1', { ...quickly, purpose: 'owner' });
    } finally {
      await own.close();
      await administrator.drop();
    }
  });

  it('is refused while another one is under way, and for a tenant that has no two roles or is not in service', async () => {
    await fleet.provision('twice1').then(({ db }) => db.$disconnect());
    const both = await Promise.allSettled([rotate('twice1'), rotate('twice1')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: new TenantChangeError(
        'Another process is changing the credentials of tenant twice1 right now.',
      ),
    });
    await makeSingleRoleTenant(fleet.tools, 'older1', fleet.placeFor('older1'));
    await expect(rotate('older1')).rejects.toThrow('has no owner role yet: run migrate-all-tenants first');
    await expect(rotate('nobody1')).rejects.toThrow('There is no tenant nobody1.');
  });
});

describe('a rotation that was killed', () => {
  it.concurrent.each(rotationSteps)(
    'right after step %s goes on from there, and serves meanwhile',
    async (step) => {
      const tenantKey = `killed_${step.replaceAll('-', '_')}`;
      const tenant = await provisionNamed(fleet, tenantKey);
      const before = await applicationOf(tenantKey);
      const killed = await runScript('test/support/rotate-and-die.ts', [tenantKey, step], fleet.environment);
      expect(killed.signal).toBe('SIGKILL');
      await vi.waitFor(() => askForName(fleet.graphql, tenant), { timeout: 5_000 });

      const last = step === rotationSteps.at(-1);
      const outcome = last ? null : await rotate(tenantKey);
      const after = await applicationOf(tenantKey);
      expect(after.user).toBe(`${before.user}-b`);
      if (outcome) expect(outcome).toMatchObject({ to: after.user, old: { canSignIn: false, sessions: 0 } });
      await askForName(fleet.graphql, tenant);
      await expect(query(before, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      expect(await sessionsOf(before.user)).toBe(0);
      expect(
        await fleet.tools.central.credentialRotation.findMany({
          where: { tenant: { tenantKey } },
          select: { finishedAt: true, passwordEncrypted: true },
        }),
      ).toEqual([{ finishedAt: expect.any(Date), passwordEncrypted: null }]);
    },
    60_000,
  );
});

describe('many rotations', () => {
  const keys = ['fleet1', 'fleet2', 'fleet3', 'fleet4'];
  const options: FleetRotationOptions = {
    ...quickly,
    tenantKeys: keys,
    batchSize: 2,
    concurrency: 2,
    maximumFailureRate: 0.2,
    skipRotatedSince: null,
    dryRun: false,
  };
  const statuses = async (more: Partial<FleetRotationOptions> = {}) =>
    (await rotateFleet(fleet.tools, { ...options, ...more })).map(({ status }) => status);

  beforeAll(async () => {
    for (const key of keys) await fleet.provision(key).then(({ db }) => db.$disconnect());
  });

  it('are only planned by a dry run', async () => {
    const before = await rowOf('fleet1');
    const [first] = await rotateFleet(fleet.tools, { ...options, dryRun: true });
    expect(first).toMatchObject({
      tenantKey: 'fleet1',
      status: 'pending',
      plan: `from ${before.dbUser} to ${before.dbUser}-b`,
    });
    expect(await rowOf('fleet1')).toEqual(before);
  });

  it('stop after a batch of which too many have failed, and go on later with those left', async () => {
    const startedAt = new Date();
    const { dbUser } = await rowOf('fleet1');
    await server.query(`COMMENT ON ROLE ${pg.escapeIdentifier(dbUser)} IS 'another program'`);
    await server.query(`CREATE ROLE ${pg.escapeIdentifier(`${dbUser}-b`)}`);
    expect(await statuses()).toEqual(['failed', 'rotated', 'skipped', 'skipped']);
    expect((await rowOf('fleet1')).dbUser).toBe(dbUser);
    await server.query(`COMMENT ON ROLE ${pg.escapeIdentifier(dbUser)} IS 'cxg-graphql-api tenant fleet1'`);
    await server.query(`DROP ROLE ${pg.escapeIdentifier(`${dbUser}-b`)}`);
    expect(await statuses({ skipRotatedSince: startedAt })).toEqual([
      'rotated',
      'recent',
      'rotated',
      'rotated',
    ]);
    expect(await statuses({ skipRotatedSince: startedAt })).toEqual(Array(4).fill('recent'));
  });

  it('can be asked for by a script, which tells no secret', async () => {
    const { password } = await applicationOf('fleet1');
    const done = await runScript(
      'scripts/rotate-tenant-credentials.ts',
      ['--tenant-key', 'fleet1', '--grace-seconds', '0', '--json'],
      fleet.environment,
    );
    const { user, password: newPassword } = await applicationOf('fleet1');
    expect(done.exitCode).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      unfinished: 0,
      tenants: [{ status: 'rotated', outcome: { to: user, old: { canSignIn: false, sessions: 0 } } }],
    });
    for (const secret of [password, newPassword]) expect(done.stdout + done.stderr).not.toContain(secret);
    const refused = await runScript('scripts/rotate-tenant-credentials.ts', [], fleet.environment);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: 'rotate-tenant-credentials: Use either --all or --tenant-key.\n',
    });
    for (const time of ['1', '0000-01-01T00:00:00Z', '+275760-09-13T00:00:00.000Z']) {
      const run = await runScript(
        'scripts/rotate-tenant-credentials.ts',
        ['--all', '--dry-run', '--skip-rotated-since', time],
        fleet.environment,
      );
      expect(run).toMatchObject({ exitCode: 1, stdout: '' });
      expect(run.stderr).toMatch(/^rotate-tenant-credentials: --skip-rotated-since must .*\n$/);
    }
  }, 30_000);
});

/** Sends 200 requests a second to two tenants by turns while `change` runs on the first, and expects all answered. */
async function expectNoFailure(
  title: string,
  clients: readonly GraphQLClient[],
  tenants: readonly NamedTenant[],
  change: () => Promise<unknown>,
): Promise<void> {
  const load = startSteadyLoad(200, async (turn) => {
    const client = clients[turn % clients.length];
    const tenant = tenants[Math.floor(turn / clients.length) % tenants.length];
    if (!client || !tenant) throw new Error('There is nobody to ask');
    await askForName(client, tenant);
  });
  try {
    await change();
  } finally {
    const result = await load.stop();
    process.stdout.write(describeLoad(title, result));
    expect(result.failures).toEqual({});
  }
}

describe('under 200 requests a second', () => {
  it('no request fails in one process', async () => {
    const tenants = [await provisionNamed(fleet, 'load1'), await provisionNamed(fleet, 'other1')];
    await expectNoFailure('rotation, one process', [fleet.graphql], tenants, async () => {
      for (let time = 0; time < 2; time++) {
        expect(await rotate('load1', inService)).toMatchObject({ terminated: 0, old: { sessions: 0 } });
      }
    });
  }, 60_000);

  it('no request fails in two processes that nobody tells', async () => {
    // Longer than the steps take on a busy machine: otherwise all would be well without waiting.
    const longUnheard = 6;
    const deaf = await createTestFleet({
      TENANT_DIRECTORY_CACHE_TTL: String(longUnheard),
      TENANT_CONNECTION_TIMEOUT: '30',
    });
    onTestFinished(() => deaf.close());
    const tenants = [await provisionNamed(deaf, 'load2'), await provisionNamed(deaf, 'other2')];
    const clients = [deaf.graphql, deaf.startApp().graphql];
    const untold = { ...deaf.tools, invalidate: async () => {} };
    await expectNoFailure('rotation, two processes untold', clients, tenants, async () => {
      expect(await rotate('load2', { ...quickly, graceSeconds: longUnheard + 2 }, untold)).toMatchObject({
        terminated: 0,
        old: { sessions: 0 },
      });
    });
  }, 60_000);
});

describeWithRedis('under 200 requests a second, with Redis', (redis) => {
  it('no request fails in two processes, and both have left the old role within a second', async () => {
    const shared = await createTestFleet({
      REDIS_URL: redis.url,
      TENANT_DIRECTORY_CACHE_TTL: '30',
      TENANT_CONNECTION_TIMEOUT: '30',
    });
    onTestFinished(() => shared.close());
    const tenants = [await provisionNamed(shared, 'load3'), await provisionNamed(shared, 'other3')];
    const second = shared.startApp();
    // As a script would: telling through Redis alone.
    const { tools, cache, close } = openFleet(
      shared.configuration,
      createLogger({ level: 'silent', format: 'json' }),
    );
    onTestFinished(close);
    await vi.waitFor(async () => expect(await cache.health()).toBe('healthy'));
    let storedAt = 0;
    const heard: number[] = [];
    await expectNoFailure(
      'rotation, two processes with Redis',
      [shared.graphql, second.graphql],
      tenants,
      async () => {
        for (let time = 0; time < 2; time++) {
          const { dbUser } = await rowOf('load3', shared);
          const watch = (async () => {
            await vi.waitFor(() => expect(storedAt).toBeGreaterThan(0), { timeout: 10_000 });
            await vi.waitFor(async () => expect(await sessionsOf(dbUser)).toBe(0), {
              timeout: 10_000,
              interval: 20,
            });
            heard.push(performance.now() - storedAt);
          })();
          await rotateCredentials(tools, 'load3', { ...quickly, graceSeconds: 3 }, (step) => {
            if (step === 'store') storedAt = performance.now();
          });
          await watch;
          storedAt = 0;
        }
      },
    );
    process.stdout.write(`old sessions gone after ${heard.map((ms) => `${Math.round(ms)} ms`).join(', ')}\n`);
    expect(Math.max(...heard)).toBeLessThan(1_000);
  }, 60_000);
});
