import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prisma } from '../../src/generated/central/client.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import {
  type ProvisioningTools,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { createTenantSecrets } from '../../src/tenancy/secrets/tenant-secrets.ts';
import { repairFleetTimestamps } from '../../src/tenancy/timestamps/repair-fleet.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';

/** A name that leads nowhere (RFC 2606): whoever asks for it hasn't refused before. */
const elsewhere = 'db.invalid';
const refusal = /^TENANT_DATABASE_REQUIRE_TLS refuses/;
const remedy = 'npx tsx scripts/move-tenant.ts --tenant-key remote1 --db-sslmode verify-full';

let fleet: TestFleet;
let local: NamedTenant;
let remote: NamedTenant;
let tools: ProvisioningTools;

beforeAll(async () => {
  fleet = await createTestFleet({ TENANT_DIRECTORY_CACHE_TTL: '1' });
  local = await provisionNamed(fleet, 'local1');
  remote = await provisionNamed(fleet, 'remote1');
  const logger = createLogger({ level: 'silent', format: 'json' });
  const secrets = createTenantSecrets({ ...fleet.configuration.secrets, requireTls: true }, logger);
  tools = { ...fleet.tools, secrets };
  await place({ dbHost: elsewhere });
});
afterAll(async () => {
  const { dbHost } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'local1' } });
  await place({ dbHost });
  await fleet.close();
});

async function place(data: Prisma.TenantUpdateInput): Promise<void> {
  await fleet.tools.central.tenant.update({ where: { tenantKey: 'remote1' }, data });
}

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );

/** The lines of the log that are about this, from a start of another server. */
async function linesOfStart(overrides: Readonly<Record<string, string>>) {
  const from = fleet.log.length;
  const { app, graphql } = fleet.startApp(overrides);
  await app.ready();
  const lines = fleet.log.slice(from).map((line) => JSON.parse(line));
  return { graphql, lines: lines.filter(({ msg }) => msg.includes("don't require TLS")) };
}

describe('TENANT_DATABASE_REQUIRE_TLS', () => {
  it.each([null, 'disable', 'allow', 'prefer'])(
    'keeps every password from another host when its sslmode is %s',
    async (dbSslmode) => {
      await place({ dbSslmode });
      const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 1 } as const;
      const migration = { tenantKeys: ['remote1'], concurrency: 1, dryRun: false, engine: 'wasm' } as const;
      const [migrated] = await migrateFleet(tools, migration);
      const [repaired] = await repairFleetTimestamps({ ...tools, centralOwner: null }, ['remote1'], {
        apply: false,
        operator: 'me',
      });
      const outcomes = {
        migrated: migrated?.error,
        repaired: repaired?.reason,
        rotated: await messageOf(rotateCredentials(tools, 'remote1', rotation)),
        moved: await messageOf(moveTenant(tools, 'remote1', { dbPort: 6432 })),
      };
      for (const message of Object.values(outcomes)) {
        expect(message).toMatch(refusal);
        expect(message).toContain(remedy);
      }
      const request = { tenantKey: 'new1', companyName: 'New', dbHost: elsewhere };
      expect(await messageOf(provisionTenant(tools, request))).toMatch(
        /^TENANT_DATABASE_REQUIRE_TLS refuses a database on another host .*--db-sslmode/,
      );
      expect(await fleet.tools.central.tenant.count({ where: { tenantKey: 'new1' } })).toBe(0);
    },
  );

  it('refuses requests as unavailable, names the tenant in the log, and serves the others', async () => {
    await place({ dbSslmode: null });
    const { graphql, lines } = await linesOfStart({ TENANT_DATABASE_REQUIRE_TLS: 'true' });
    expect(lines).toMatchObject([{ level: 'error', tenants: 1, tenantKeys: ['remote1'] }]);
    expect(lines[0].msg).toContain(remedy);
    const { errors } = await graphql('{ users(first: 1) { edges { cursor } } }', { token: remote.token });
    expect(errors).toMatchObject([{ extensions: { code: 'TENANT_UNAVAILABLE' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/TLS|db\.invalid/);
    expect(fleet.log.at(-1)).toContain('TENANT_DATABASE_REQUIRE_TLS refuses tenant remote1');
    await askForName(graphql, local);
  });

  it('lets a tenant be cleaned up only where its administrator’s password is safe', async () => {
    await place({ status: 'failed', isActive: false });
    await expect(removeUnfinishedTenant(tools, 'remote1')).rejects.toThrow(
      /can't be cleaned up: TENANT_DATABASE_REQUIRE_TLS refuses/,
    );
    await place({ status: 'active', isActive: true });
  });

  it('goes on, with TLS, to where it was refused', async () => {
    await place({ dbSslmode: 'require' });
    const moved = await messageOf(moveTenant(tools, 'remote1', { dbSslmode: 'verify-full' }));
    expect(moved).not.toMatch(refusal);
    expect(moved).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });
});

describe('in production', () => {
  it('one line at the start counts the tenants without TLS, and names some', async () => {
    await place({ dbSslmode: 'prefer' });
    const {
      id: _id,
      registrationId: _registration,
      ...row
    } = await fleet.tools.central.tenant.findUniqueOrThrow({
      where: { tenantKey: 'remote1' },
    });
    const keys = Array.from({ length: 7 }, (_, index) => `remote1_${index}`);
    await fleet.tools.central.tenant.createMany({
      data: keys.map((tenantKey) => ({ ...row, tenantKey, dbName: tenantKey, dbUser: tenantKey })),
    });
    const production = await linesOfStart({ ENVIRONMENT: 'production' });
    await fleet.tools.central.tenant.deleteMany({ where: { tenantKey: { in: keys } } });
    expect(production.lines).toMatchObject([
      { level: 'warn', tenants: 8, tenantKeys: ['remote1', ...keys.slice(0, 4)] },
    ]);
    expect(production.lines[0].msg).toContain(remedy);
    await place({ dbSslmode: 'require' });
    expect((await linesOfStart({ ENVIRONMENT: 'production' })).lines).toEqual([]);
    await place({ dbSslmode: null });
    expect((await linesOfStart({})).lines).toEqual([]);
  });
});
