import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { tenantRoleMark } from '../../src/db/role-marks.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import {
  type ProvisioningStep,
  type ProvisioningTools,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import type { ProvisioningRequest } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerMark } from '../../src/tenancy/tenant-administration.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { runAsSuperuser } from '../support/central-database.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';

const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 0 } as const;
const migration = { engine: 'wasm', concurrency: 1, dryRun: false } as const;
const quoted = pg.escapeIdentifier;

let administrator: TestAdministrator;
let production: TestFleet;
let staging: TestFleet;

beforeAll(async () => {
  [administrator, production, staging] = await Promise.all([
    makeAdministrator(),
    createTestFleet(),
    createTestFleet(),
  ]);
});
afterAll(async () => {
  await Promise.all([production.close(), staging.close()]);
  await administrator.drop();
});

const toolsOf = (fleet: TestFleet): ProvisioningTools => ({
  ...fleet.tools,
  tenantAdminDatasource: administrator.datasource,
});

/** Provisions with names that do not depend on the fleet. */
const provision = (fleet: TestFleet, tenantKey: string, more: Partial<ProvisioningRequest> = {}) =>
  provisionTenant(toolsOf(fleet), {
    tenantKey,
    companyName: 'Company',
    adminPassword: testPassword,
    ...production.placeFor(tenantKey),
    ...more,
  });

/** Begins a tenant, and stops right after the step. */
async function cutOffAfter(
  last: ProvisioningStep,
  { tools }: Pick<TestFleet, 'tools'>,
  tenantKey: string,
): Promise<void> {
  const request = { tenantKey, companyName: 'Company', ...production.placeFor(tenantKey) };
  const cut = provisionTenant(tools, request, async (step) => {
    if (step === last) throw new Error('cut off');
  });
  await expect(cut).rejects.toThrow('cut off');
}

const rowOf = (fleet: TestFleet, tenantKey: string) =>
  fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const asSuperuser = (statement: string, database = parseDatasourceUrl(inject('postgresUrl')).database) =>
  withConnection(
    { ...parseDatasourceUrl(inject('postgresUrl')), database },
    async (client) => (await client.query(statement)).rows,
  );

/** Passwords, attributes and marks of the roles of that name, and who owns and may enter the database. */
async function stateOnServer(tenantKey: string) {
  const { dbUser, dbName } = production.placeFor(tenantKey);
  return {
    roles: await asSuperuser(
      `SELECT rolname, rolcanlogin, rolpassword, shobj_description(oid, 'pg_authid') FROM pg_authid
       WHERE rolname LIKE ${pg.escapeLiteral(`${dbUser.replaceAll('_', '\\_')}%`)} ORDER BY 1`,
    ),
    database: await asSuperuser(
      `SELECT datdba, datacl::text, datallowconn FROM pg_database WHERE datname = ${pg.escapeLiteral(dbName)}`,
    ),
    users: await asSuperuser('SELECT id, username, password_hash FROM sys.users ORDER BY id', dbName),
  };
}

/** Gives the tenant's roles the mark that earlier versions gave, which names only the key. */
async function markAsEarlier(tenantKey: string): Promise<void> {
  const { dbUser } = production.placeFor(tenantKey);
  for (const role of [dbUser, `${dbUser}-owner`]) {
    await runAsSuperuser(
      `COMMENT ON ROLE ${quoted(role)} IS ${pg.escapeLiteral(`${tenantRoleMark}${tenantKey}`)}`,
    );
  }
}

/** Provisions in the second fleet, where the new tenant gets the id that it has in the first. */
async function provisionSame(tenantKey: string, more: Partial<ProvisioningRequest> = {}) {
  await setNextId(staging, (await rowOf(production, tenantKey)).id);
  return provision(staging, tenantKey, more);
}

const setNextId = (fleet: TestFleet, id: number) =>
  fleet.runAsCentralOwner(`SELECT setval('tenants_id_seq', ${id}, false)`);

async function marksOf(fleet: TestFleet, tenantKey: string) {
  const { roles } = await stateOnServer(tenantKey);
  const mark = ownerMark(await rowOf(fleet, tenantKey));
  return roles.map(({ shobj_description }) => shobj_description === mark);
}

describe('a tenant of another fleet on the same server, with the same key and id', () => {
  it('keeps its roles, passwords and database when its names are asked for, and when that is cleaned up', async () => {
    const { tenant } = await provision(production, 'same1');
    const before = await stateOnServer('same1');
    await expect(provisionSame('same1')).rejects.toThrow(
      /belongs to something else\. Remove what was made with --cleanup, and start again with another --db-user\.$/,
    );
    expect((await rowOf(staging, 'same1')).id).toBe(tenant.id);
    expect(await stateOnServer('same1')).toEqual(before);
    const left: string[] = [];
    expect(await removeUnfinishedTenant(toolsOf(staging), 'same1', (names) => void left.push(...names))).toBe(
      true,
    );
    expect(left.sort()).toEqual([tenant.dbName, tenant.dbUser, tenant.dbOwnerUser].sort());
    expect(await stateOnServer('same1')).toEqual(before);
    await expect(production.signIn('same1')).resolves.toHaveProperty('accessToken');
  });

  it('keeps its database when that alone is asked for', async () => {
    const before = await stateOnServer('same1');
    const { dbUser } = staging.placeFor('same1');
    await expect(provisionSame('same1', { dbUser })).rejects.toThrow(/start again with another --db-name\.$/);
    expect(await removeUnfinishedTenant(toolsOf(staging), 'same1')).toBe(true);
    expect(await stateOnServer('same1')).toEqual(before);
  });

  it('keeps them also if an earlier version has made them, whose marks name only the key', async () => {
    await markAsEarlier('same1');
    const before = await stateOnServer('same1');
    await expect(provisionSame('same1')).rejects.toThrow('belongs to something else');
    expect(await removeUnfinishedTenant(toolsOf(staging), 'same1')).toBe(true);
    expect(await stateOnServer('same1')).toEqual(before);
    // Even for the same password of the application, which operators may choose.
    const application = await tenantDatasource(await rowOf(production, 'same1'), production.tools.secrets);
    await expect(provisionSame('same1', { dbPassword: application.password })).rejects.toThrow(
      'belongs to something else',
    );
    expect(await removeUnfinishedTenant(toolsOf(staging), 'same1')).toBe(true);
    expect(await stateOnServer('same1')).toEqual(before);
  });
});

describe('roles whose marks name only the key', () => {
  it('are marked as their own tenant’s by its migration, which is recorded', async () => {
    await markAsEarlier('same1');
    expect(await marksOf(production, 'same1')).toEqual([false, false]);
    const migrate = () => migrateFleet(toolsOf(production), { ...migration, tenantKeys: ['same1'] });
    expect(await migrate()).toMatchObject([{ error: null }]);
    expect(await marksOf(production, 'same1')).toEqual([true, true]);
    await migrate();
    const records = await production.tools.central.auditRecord.findMany({
      where: { action: 'tenant.mark_roles', tenantKey: 'same1' },
      orderBy: { createdAt: 'asc' },
    });
    expect(records.map(({ changes }) => changes)).toMatchObject([
      { stage: { after: 'begun' }, roles: { after: [expect.any(String), expect.any(String)] } },
      { stage: { after: 'done' } },
    ]);
  });

  it('are rotated, and marked by that', async () => {
    await markAsEarlier('same1');
    await rotateCredentials(toolsOf(production), 'same1', rotation);
    expect(await marksOf(production, 'same1')).toEqual([true, true, true]);
    await expect(production.signIn('same1')).resolves.toHaveProperty('accessToken');
  });

  it('are gone on with after they were begun', async () => {
    await cutOffAfter('create-role', { tools: toolsOf(production) }, 'begun1');
    await markAsEarlier('begun1');
    expect((await provision(production, 'begun1')).outcome).toBe('provisioned');
    expect(await marksOf(production, 'begun1')).toEqual([true, true]);
  });

  it('are removed with what a cut-off run of the earlier version has made', async () => {
    const tenantKey = 'undone1';
    const place = production.placeFor(tenantKey);
    await cutOffAfter('migrate', { tools: toolsOf(production) }, tenantKey);
    await markAsEarlier(tenantKey);
    expect(await removeUnfinishedTenant(toolsOf(production), tenantKey)).toBe(true);
    expect(
      await asSuperuser(`SELECT 1 FROM pg_database WHERE datname = ${pg.escapeLiteral(place.dbName)}`),
    ).toEqual([]);
  });
});

describe('a tenant that is no longer in the central database, which was restored from before', () => {
  it('loses nothing when it is provisioned again with its old id, and that is cleaned up', async () => {
    const { tenant } = await provision(production, 'lost1');
    const before = await stateOnServer('lost1');
    const { central } = production.tools;
    await central.tenant.delete({ where: { tenantKey: 'lost1' } });
    await expect(removeUnfinishedTenant(toolsOf(production), 'lost1')).rejects.toThrow(
      `There is no tenant lost1 here, but the role ${tenant.dbUser} of such a tenant is on the server`,
    );
    await setNextId(production, tenant.id);
    await expect(provision(production, 'lost1')).rejects.toThrow('belongs to something else');
    await removeUnfinishedTenant(toolsOf(production), 'lost1');
    expect(await stateOnServer('lost1')).toEqual(before);
    await central.tenant.create({ data: tenant });
    await expect(production.signIn('lost1')).resolves.toHaveProperty('accessToken');
  });

  it('is not cleaned up as unfinished after people have signed in, and is finished without another password', async () => {
    await provision(production, 'early1');
    await production.signIn('early1');
    const where = { tenantKey: 'early1' };
    await production.tools.central.tenant.update({ where, data: { status: 'failed', isActive: false } });
    const before = await stateOnServer('early1');
    for (const tools of [production.tools, toolsOf(production)]) {
      await expect(removeUnfinishedTenant(tools, 'early1')).rejects.toThrow('People have signed in');
    }
    expect(await stateOnServer('early1')).toEqual(before);
    await provision(production, 'early1', { adminPassword: 'Another-1-password' });
    await expect(production.signIn('early1')).resolves.toHaveProperty('accessToken');
  });

  it('is served, migrated and rotated again if its roles were marked after the backup', async () => {
    const { central } = production.tools;
    await central.$executeRaw`
      UPDATE tenants SET registration_id = gen_random_uuid() WHERE tenant_key = 'lost1'`;
    expect(await marksOf(production, 'lost1')).toEqual([false, false]);
    expect(await migrateFleet(toolsOf(production), { ...migration, tenantKeys: ['lost1'] })).toMatchObject([
      { error: null },
    ]);
    expect(await marksOf(production, 'lost1')).toEqual([true, true]);
    await expect(rotateCredentials(toolsOf(production), 'lost1', rotation)).resolves.toMatchObject({
      old: { canSignIn: false },
    });
  });
});

describe('cleaning up', () => {
  it.each(['a superuser', 'an administrator who is none'])(
    'as %s removes nothing of a database that is marked as another tenant’s',
    async (who) => {
      const tenantKey = who === 'a superuser' ? 'marked1' : 'marked2';
      const tools = who === 'a superuser' ? production.tools : toolsOf(production);
      const { dbName } = production.placeFor(tenantKey);
      await cutOffAfter('migrate', { tools }, tenantKey);
      const owner = await ownerDatasource(await rowOf(production, tenantKey), production.tools.secrets);
      if (!owner) throw new Error('no owner');
      const mark = (key: string) =>
        withConnection(owner, (client) =>
          client.query('UPDATE sys.tenant_marker SET tenant_key = $1', [key]),
        );
      await mark('somebody_else');
      const before = await stateOnServer(tenantKey);
      await expect(removeUnfinishedTenant(tools, tenantKey)).rejects.toThrow(
        /is marked as that of tenant somebody_else .* Nothing was removed\. .* drop that database yourself/,
      );
      expect(await stateOnServer(tenantKey)).toEqual(before);
      await mark(tenantKey);
      expect(await removeUnfinishedTenant(tools, tenantKey)).toBe(true);
      expect(
        await asSuperuser(`SELECT 1 FROM pg_database WHERE datname = ${pg.escapeLiteral(dbName)}`),
      ).toEqual([]);
    },
  );
});
