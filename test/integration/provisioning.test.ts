import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { systemRoles } from '../../src/auth/system-roles.ts';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { pendingMigrations } from '../../src/db/schema-engine.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import type { Tenant as TenantRow } from '../../src/generated/central/client.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import {
  type ProvisioningStep,
  provisioningSteps,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator } from '../support/administrators.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';
import { areas } from '../support/tenant-areas.ts';

let fleet: TestFleet;
let server: pg.Client;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
});
afterAll(async () => {
  await server.end();
  await fleet.close();
});

const tenantOf = (tenantKey: string) => fleet.tools.central.tenant.findUnique({ where: { tenantKey } });

const requestOf = (tenantKey: string) => ({
  tenantKey,
  companyName: 'Some Company',
  adminPassword: testPassword,
  ...fleet.placeFor(tenantKey),
});

async function ownerOf(tenant: TenantRow): Promise<Datasource> {
  const owner = await ownerDatasource(tenant, fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenant.tenantKey} has no owner.`);
  return owner;
}

/** Everything that a provisioned tenant is, for comparing one moment with another. */
async function stateOf(tenantKey: string) {
  const tenant = await tenantOf(tenantKey);
  if (!tenant) throw new Error(`no tenant ${tenantKey}`);
  const client = new pg.Client(await ownerOf(tenant));
  await client.connect();
  try {
    const rows = async (table: string) => (await client.query(`SELECT * FROM ${table} ORDER BY 1`)).rows;
    return {
      tenant,
      migrations: await rows('public._prisma_migrations'),
      users: await rows('sys.users'),
      roles: await rows('sys.roles'),
      permissions: await rows('sys.permissions'),
      grants: await rows('sys.role_permissions'),
    };
  } finally {
    await client.end();
  }
}

const exists = async (catalogue: 'pg_roles' | 'pg_database', column: string, name: string) =>
  (await server.query(`SELECT 1 FROM ${catalogue} WHERE ${column} = $1`, [name])).rowCount === 1;

describe('provisioning', () => {
  it('makes a tenant that is active, migrated, seeded and can be signed in to', async () => {
    const steps: ProvisioningStep[] = [];
    const { outcome, tenant } = await provisionTenant(
      fleet.tools,
      requestOf('whole1'),
      (step) => void steps.push(step),
    );
    expect(outcome).toBe('provisioned');
    expect(steps).toEqual(provisioningSteps);
    expect(tenant).toMatchObject({
      status: 'active',
      isActive: true,
      provisioningStep: null,
      plan: 'starter',
      maxUsers: 50,
    });
    const { pending, failed } = await pendingMigrations(await ownerOf(tenant), tenantMigrationsFolder);
    expect([...pending, ...failed]).toEqual([]);
    const state = await stateOf('whole1');
    const names = state.migrations.map(({ migration_name }) => String(migration_name)).sort();
    expect(tenant.schemaVersion).toBe(names.at(-1));
    expect(state.permissions).toHaveLength(permissionCatalogue.length);
    expect(state.roles.map(({ code }) => code).sort()).toEqual(['tenant_admin', 'tenant_user']);
    const grants = systemRoles.flatMap(({ permissions, own }) => [...permissions, ...own]);
    expect(state.grants).toHaveLength(grants.length);
    await expect(fleet.signIn('whole1')).resolves.toHaveProperty('accessToken');
  });

  it('records nothing of a tenant at an address that is named and does not answer', async () => {
    const request = { ...requestOf('typo1'), dbHost: '127.0.0.1', dbPort: 1 };
    await expect(provisionTenant(fleet.tools, request)).rejects.toThrow(
      /^Nothing was recorded, since .* can't sign in to 127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
    expect(await fleet.tools.central.tenant.findUnique({ where: { tenantKey: 'typo1' } })).toBeNull();
  });

  it('changes nothing on a finished tenant, and says so', async () => {
    await provisionTenant(fleet.tools, requestOf('done1'));
    const before = await stateOf('done1');
    const again = await provisionTenant(fleet.tools, {
      ...requestOf('done1'),
      companyName: 'Another Name',
      adminPassword: 'Different123!',
      plan: 'enterprise',
    });
    expect(again.outcome).toBe('unchanged');
    expect(await stateOf('done1')).toEqual(before);
  });

  it.each(provisioningSteps)(
    'finishes after it was killed right after step %s',
    { timeout: 60_000 },
    async (step) => {
      const tenantKey = `killed_${step.replaceAll('-', '_')}`;
      const { dbName } = fleet.placeFor(tenantKey);
      const killed = await runScript(
        'test/support/provision-and-die.ts',
        [tenantKey, dbName, step],
        fleet.environment,
      );
      expect(killed.signal).toBe('SIGKILL');
      const recorded = await tenantOf(tenantKey);
      expect(recorded).toMatchObject(
        step === 'activate' ? { status: 'active' } : { status: 'provisioning', provisioningStep: step },
      );
      const { tenant, administrator } = await provisionTenant(fleet.tools, requestOf(tenantKey));
      expect(tenant).toMatchObject({ status: 'active', isActive: true, id: recorded?.id });
      await expect(
        fleet.signIn(tenantKey, administrator?.username, administrator?.password ?? '', 'My-own-1-password'),
      ).resolves.toHaveProperty('accessToken');
      expect((await stateOf(tenantKey)).users).toHaveLength(1);
    },
  );

  it('records a failed step with its reason, and goes on from there once the cause is gone', async () => {
    const request = requestOf('stuck1');
    await server.query(`CREATE DATABASE ${pg.escapeIdentifier(request.dbName)}`);
    await expect(provisionTenant(fleet.tools, request)).rejects.toThrow(
      /Step create-database failed: .* belongs to something else/,
    );
    expect(await tenantOf('stuck1')).toMatchObject({
      status: 'failed',
      isActive: false,
      provisioningStep: 'create-role',
    });
    expect((await tenantOf('stuck1'))?.statusReason).toContain('create-database');
    await server.query(`DROP DATABASE ${pg.escapeIdentifier(request.dbName)}`);
    const { tenant } = await provisionTenant(fleet.tools, request);
    expect(tenant).toMatchObject({ status: 'active', statusReason: null });
  });

  it('takes over neither a role nor a database that belongs to something else', async () => {
    const { dbUser } = fleet.placeFor('foreign1');
    await server.query(`CREATE ROLE ${pg.escapeIdentifier(dbUser)} LOGIN`);
    await expect(provisionTenant(fleet.tools, requestOf('foreign1'))).rejects.toThrow(
      'belongs to something else',
    );
    await expect(
      provisionTenant(fleet.tools, { ...requestOf('foreign2'), dbName: 'postgres' }),
    ).rejects.toThrow('belongs to something else');
    await removeUnfinishedTenant(fleet.tools, 'foreign1');
    expect(await exists('pg_roles', 'rolname', dbUser)).toBe(true);
    await server.query(`DROP ROLE ${pg.escapeIdentifier(dbUser)}`);
  });

  it('gives no two tenants one database', async () => {
    const { dbName, dbUser } = requestOf('whole1');
    await expect(provisionTenant(fleet.tools, { ...requestOf('thief1'), dbName, dbUser })).rejects.toThrow(
      'Another tenant has its database at that place',
    );
    expect(await tenantOf('thief1')).toBeNull();
  });

  it('makes tenants whose keys look like the roles of others, whichever comes first', async () => {
    const keys = ['alike1', 'alike1_owner', 'alike1_b', 'alike1_owner_owner', 'alike1_owner_b'];
    for (const tenantKey of [...keys, 'other1_owner', 'other1']) {
      // With the default names.
      const { dbName, dbUser, ...request } = requestOf(tenantKey);
      await provisionTenant(fleet.tools, request);
      await expect(fleet.signIn(tenantKey)).resolves.toHaveProperty('accessToken');
    }
    const names = await fleet.tools.central.tenant.findMany({
      where: { tenantKey: { in: keys } },
      select: { dbName: true, dbUser: true, dbOwnerUser: true },
      orderBy: { id: 'asc' },
    });
    expect(names).toEqual(
      keys.map((key) => ({
        dbName: `tenant_${key}`,
        dbUser: `tenant_${key}`,
        dbOwnerUser: `tenant_${key}-owner`,
      })),
    );
  }, 30_000);

  it('finds a free name beside an older tenant whose owner has it', async () => {
    const { tenant } = await provisionTenant(fleet.tools, requestOf('former1'));
    // As in earlier versions.
    await server.query(
      `ALTER ROLE ${pg.escapeIdentifier(String(tenant.dbOwnerUser))} RENAME TO tenant_former1_owner`,
    );
    await server.query(`ALTER ROLE ${pg.escapeIdentifier(tenant.dbUser)} RENAME TO tenant_former1`);
    await server.query(`ALTER DATABASE ${pg.escapeIdentifier(tenant.dbName)} RENAME TO tenant_former1_owner`);
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'former1' },
      data: { dbName: 'tenant_former1_owner', dbUser: 'tenant_former1', dbOwnerUser: 'tenant_former1_owner' },
    });
    await fleet.tools.invalidate('former1');
    await expect(fleet.signIn('former1')).resolves.toHaveProperty('accessToken');

    const { dbName, dbUser, ...request } = requestOf('former1_owner');
    const made = await provisionTenant(fleet.tools, request);
    expect(made.tenant).toMatchObject({
      status: 'active',
      dbName: 'tenant_former1_owner-2',
      dbUser: 'tenant_former1_owner-2',
      dbOwnerUser: 'tenant_former1_owner-2-owner',
    });
    await expect(fleet.signIn('former1_owner')).resolves.toHaveProperty('accessToken');
    for (const purpose of ['application', 'owner'] as const) {
      const rotated = await rotateCredentials(fleet.tools, 'former1', {
        purpose,
        graceSeconds: 0,
        drainSeconds: 0,
      });
      expect(rotated.to).toMatch(/^tenant_former1(_owner)?-b$/);
    }
    const [report] = await migrateFleet(fleet.tools, {
      engine: 'wasm',
      concurrency: 1,
      dryRun: false,
      tenantKeys: ['former1'],
    });
    expect(report?.error).toBeNull();
    await expect(fleet.signIn('former1')).resolves.toHaveProperty('accessToken');
  }, 30_000);

  it.each(['', '-b', '-owner', '-owner-b'])(
    'refuses a role that is kept for another tenant, and says what to choose: …%s',
    async (suffix) => {
      const { dbUser } = fleet.placeFor('whole1');
      await expect(
        provisionTenant(fleet.tools, { ...requestOf('greedy1'), dbUser: `${dbUser}${suffix}` }),
      ).rejects.toThrow(/^The role t_whole1_\S+ is kept for tenant whole1: choose another --db-user\.$/);
      expect(await tenantOf('greedy1')).toBeNull();
    },
  );

  it('refuses such a role also when it names the same server by another address', async () => {
    const { dbUser } = fleet.placeFor('whole1');
    const request = { ...requestOf('greedy1'), dbUser: `${dbUser}-b` };
    await expect(provisionTenant(fleet.tools, { ...request, dbHost: 'localhost' })).rejects.toThrow(
      'is kept for tenant whole1: choose another --db-user.',
    );
  });

  it('takes over no database of another encoding than UTF-8, and names it', async () => {
    const { dbName } = fleet.placeFor('latin1');
    const provisioning = provisionTenant(fleet.tools, requestOf('latin1'), async (step) => {
      if (step !== 'create-role') return;
      const owner = pg.escapeIdentifier(`${dbName}-owner`);
      await server.query(
        `CREATE DATABASE ${pg.escapeIdentifier(dbName)} OWNER ${owner} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
      );
    });
    await expect(provisioning).rejects.toThrow(
      /has the encoding LATIN1: it must be UTF8\. .* start again with another --db-name\.$/,
    );
  });

  it.each(['by this run', 'by an earlier version'])(
    'lets no other tenant into a database from the moment on at which it was made %s',
    async (who) => {
      const tenantKey = who === 'by this run' ? 'closed1' : 'closed2';
      const { dbName } = fleet.placeFor(tenantKey);
      const found: unknown[] = [];
      const look = async () => {
        const { rows } = await server.query(
          `SELECT has_database_privilege('public', oid, 'CONNECT') AS connect,
                  has_database_privilege('public', oid, 'TEMPORARY') AS temporary, datallowconn AS open
           FROM pg_database WHERE datname = $1`,
          [dbName],
        );
        found.push(...rows);
      };
      await provisionTenant(fleet.tools, requestOf(tenantKey), async (step) => {
        if (step === 'create-role' && who === 'by an earlier version') {
          const names = [dbName, `${dbName}-owner`].map(pg.escapeIdentifier);
          await server.query(`CREATE DATABASE ${names[0]} OWNER ${names[1]} TEMPLATE template0`);
        }
        if (step === 'create-database') await look();
      });
      expect(found).toEqual([{ connect: false, temporary: false, open: true }]);
    },
  );

  it('says which flag to change when something else on the server has the name', async () => {
    const { dbUser } = fleet.placeFor('foreign3');
    await server.query(`CREATE ROLE ${pg.escapeIdentifier(`${dbUser}-owner`)}`);
    await expect(provisionTenant(fleet.tools, requestOf('foreign3'))).rejects.toThrow(
      /belongs to something else\. Remove what was made with --cleanup, and start again with another --db-user\.$/,
    );
    await removeUnfinishedTenant(fleet.tools, 'foreign3');
    await server.query(`DROP ROLE ${pg.escapeIdentifier(`${dbUser}-owner`)}`);
    await expect(
      provisionTenant(fleet.tools, { ...requestOf('foreign4'), dbName: 'template1' }),
    ).rejects.toThrow(/start again with another --db-name\.$/);
  });

  it('runs once when it is started twice at once', async () => {
    const outcomes = await Promise.allSettled([
      provisionTenant(fleet.tools, requestOf('twice1')),
      provisionTenant(fleet.tools, requestOf('twice1')),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(
      JSON.stringify(outcomes.map((outcome) => ('reason' in outcome ? String(outcome.reason) : ''))),
    ).toContain('Another process is provisioning tenant twice1');
    expect(await tenantOf('twice1')).toMatchObject({ status: 'active' });
  });

  it('removes everything that an unfinished run has made', async () => {
    const request = requestOf('undone1');
    const { dbName } = request;
    await runScript('test/support/provision-and-die.ts', ['undone1', dbName, 'migrate'], fleet.environment);
    expect(await exists('pg_database', 'datname', dbName)).toBe(true);
    expect(await exists('pg_roles', 'rolname', `${dbName}-owner`)).toBe(true);
    expect(await removeUnfinishedTenant(fleet.tools, 'undone1')).toBe(true);
    expect(await tenantOf('undone1')).toBeNull();
    expect(await exists('pg_database', 'datname', dbName)).toBe(false);
    expect(await exists('pg_roles', 'rolname', dbName)).toBe(false);
    expect(await exists('pg_roles', 'rolname', `${dbName}-owner`)).toBe(false);
    expect(await removeUnfinishedTenant(fleet.tools, 'undone1')).toBe(false);
  });

  it('removes no tenant that is in use', async () => {
    await expect(removeUnfinishedTenant(fleet.tools, 'whole1')).rejects.toThrow('only an unfinished tenant');
    expect(await tenantOf('whole1')).toMatchObject({ status: 'active' });
  });

  describe('of a database that is marked as another tenant’s', () => {
    const mark = `
      CREATE SCHEMA sys;
      CREATE TABLE sys.tenant_marker (
        single boolean PRIMARY KEY DEFAULT true, tenant_id integer NOT NULL, tenant_key text NOT NULL);
      INSERT INTO sys.tenant_marker (tenant_id, tenant_key) VALUES (1, 'somebody_else')`;

    /** Everything that a run could leave in the database: relations, and privileges. */
    async function contentOf(tenantKey: string) {
      const client = new pg.Client({
        ...parseDatasourceUrl(inject('postgresUrl')),
        database: fleet.placeFor(tenantKey).dbName,
      });
      await client.connect();
      try {
        const read = async (statement: string) => (await client.query(statement)).rows;
        return {
          relations: await read(`
            SELECT oid::regclass::text AS name, relacl::text FROM pg_class
            WHERE relnamespace::regnamespace::text IN (${areas}, 'public') ORDER BY 1`),
          schemas: await read('SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1'),
          database: await read('SELECT datacl::text FROM pg_database WHERE datname = current_database()'),
          defaults: await read('SELECT defaclrole, defaclacl::text FROM pg_default_acl ORDER BY 1, 2'),
        };
      } finally {
        await client.end();
      }
    }

    /** Runs until the step is done, marks the database, and goes on. @returns its content before and after. */
    async function markAfter(step: ProvisioningStep, tenantKey: string) {
      let before: unknown;
      const provisioning = provisionTenant(fleet.tools, requestOf(tenantKey), async (finished) => {
        if (finished !== step) return;
        const tenant = await tenantOf(tenantKey);
        const client = new pg.Client(tenant ? await ownerOf(tenant) : {});
        await client.connect();
        await client.query(mark).finally(() => client.end());
        before = await contentOf(tenantKey);
      });
      await expect(provisioning).rejects.toThrow(/somebody_else|another tenant/i);
      return { before, after: await contentOf(tenantKey) };
    }

    it('stops before anything is granted in it', async () => {
      const { before, after } = await markAfter('create-database', 'marked1');
      expect(after).toEqual(before);
      expect(await tenantOf('marked1')).toMatchObject({
        status: 'failed',
        provisioningStep: 'create-database',
      });
    });

    it('stops before it is handed over from the one role that an older version began with', async () => {
      const { dbName, dbUser } = fleet.placeFor('marked3');
      const provisioning = provisionTenant(fleet.tools, requestOf('marked3'), async (finished) => {
        if (finished !== 'create-role') return;
        await server.query(
          `CREATE DATABASE ${pg.escapeIdentifier(dbName)} OWNER ${pg.escapeIdentifier(dbUser)}`,
        );
        const tenant = await tenantOf('marked3');
        if (!tenant) throw new Error('no tenant marked3');
        await withConnection(await tenantDatasource(tenant, fleet.tools.secrets), (client) =>
          client.query(mark),
        );
      });
      await expect(provisioning).rejects.toThrow(/is marked as that of tenant somebody_else/);
      const { rows } = await server.query(
        'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
        [dbName],
      );
      expect(rows).toEqual([{ owner: dbUser }]);
    });

    it('stops before it is migrated, also when it has become so a moment ago', async () => {
      const { before, after } = await markAfter('grant', 'marked2');
      expect(after).toEqual(before);
      expect(await tenantOf('marked2')).toMatchObject({ status: 'failed', provisioningStep: 'grant' });
    });
  });

  it('works for an administrator who is no superuser', async () => {
    const administrator = await makeAdministrator();
    const tools = { ...fleet.tools, tenantAdminDatasource: administrator.datasource };
    const { tenant } = await provisionTenant(tools, requestOf('humble1'));
    expect(tenant.status).toBe('active');
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'humble1' },
      data: { status: 'failed', isActive: false },
    });
    expect(await removeUnfinishedTenant(tools, 'humble1')).toBe(true);
    await administrator.drop();
  });
});

describe('what provisioning makes', () => {
  it("lets a tenant's role into its own database and no other tenant's", async () => {
    await provisionTenant(fleet.tools, requestOf('near1'));
    await provisionTenant(fleet.tools, requestOf('far1'));
    const [near, far] = [await tenantOf('near1'), await tenantOf('far1')];
    if (!near || !far) throw new Error('not provisioned');
    const stranger = { ...(await tenantDatasource(near, fleet.tools.secrets)), database: far.dbName };
    const client = new pg.Client(datasourceUrl(stranger));
    await expect(client.connect()).rejects.toThrow(/permission denied for database/);
  });

  it.each(['', '-owner'])('is a role tenant…%s that can do nothing but sign in', async (suffix) => {
    const { rows } = await server.query(
      'SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = $1',
      [`${fleet.placeFor('near1').dbUser}${suffix}`],
    );
    expect(Object.values(rows[0])).toEqual([false, false, false, false, false]);
  });

  it('is stored without any password in the clear', async () => {
    await provisionTenant(fleet.tools, {
      ...requestOf('sealed1'),
      dbPassword: 'ClearDatabasePassword1',
      adminPassword: 'ClearAdmin123!',
    });
    const tenants = await fleet.tools.central.tenant.findMany({ include: { configs: true } });
    expect(JSON.stringify(tenants)).not.toMatch(/ClearDatabasePassword1|ClearAdmin123!/);
    expect(await tenantOf('sealed1')).toMatchObject({ dbPasswordEncrypted: expect.stringMatching(/^v2\./) });
  });

  it('shows no password in the statements that the server sees', async () => {
    const seen: string[] = [];
    const { query } = pg.Client.prototype;
    pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
      seen.push(JSON.stringify(args));
      return Reflect.apply(query, this, args);
    };
    try {
      await provisionTenant(fleet.tools, { ...requestOf('quiet1'), dbPassword: 'UnheardDatabasePassword1' });
    } finally {
      pg.Client.prototype.query = query;
    }
    expect(seen.join()).toContain('CREATE ROLE');
    expect(seen.join()).not.toContain('UnheardDatabasePassword1');
  });
});
