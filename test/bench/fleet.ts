import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { withFleetTools } from '../../scripts/support/fleet-tools.ts';
import { writeSampleData } from '../../scripts/support/sample-data/write-sample-data.ts';
import { loadSigningKeys } from '../../src/auth/signing-keys.ts';
import { systemRoles } from '../../src/auth/system-roles.ts';
import { createTokenIssuer } from '../../src/auth/token-issuer.ts';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { readFleetConfiguration, readServerConfiguration } from '../../src/config/environment.ts';
import { openScriptClient } from '../../src/db/tenant-client.ts';
import type { Tenant as TenantRow } from '../../src/generated/central/client.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import type { FleetTools } from '../../src/tenancy/fleet/open-fleet.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { applicationSecret, scriptTarget, tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerDatasource, ownerSecret } from '../../src/tenancy/tenant-owner.ts';
import { openSession } from '../support/sessions.ts';
import { remarkDatabase } from '../support/tenant-marker.ts';

/** Of a database without tables. */
const emptyTemplate = 'template0';

/** A company has fewer than 50 people; the page of 20 is one of two. */
const usersPerTenant = 40;

/** A tenant that can be asked. */
export interface BenchTenant {
  readonly tenantKey: string;
  readonly databaseUrl: string;
  /** An access token of its administrator. */
  readonly token: string;
}

/** Tenants to measure with. */
export interface BenchFleet {
  /** The environment of the application and of the scripts. */
  readonly environment: Readonly<Record<'TENANT_CONNECTION_POOL_SIZE' | 'TENANT_CLIENT_CAPACITY', string>> &
    Readonly<Record<string, string>>;
  readonly tenants: readonly BenchTenant[];
  /** One of them. @throws when there are not so many. */
  tenant(index: number): BenchTenant;
  /** Registers active tenants whose databases are empty. @returns their keys. */
  addUnmigrated(prefix: string, count: number): Promise<string[]>;
}

/**
 * Creates `count` tenants with sample data. One is provisioned, and the others are copies of its database, with the
 * same roles: provisioning each one would take longer than everything that is measured.
 */
export async function withFleet<T>(
  superuserUrl: string,
  count: number,
  work: (fleet: BenchFleet) => Promise<T>,
): Promise<T> {
  const central = { ...parseDatasourceUrl(superuserUrl), database: 'bench_central' };
  const environment = {
    ENVIRONMENT: 'production',
    LOG_LEVEL: 'warn',
    REDIS_URL: '',
    CENTRAL_ADMIN_DATABASE_URL: datasourceUrl(central),
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    SECRET_KEY: randomBytes(48).toString('base64'),
    TENANT_CLIENT_CAPACITY: '100',
    TENANT_CONNECTION_POOL_SIZE: '5',
  };
  await migrateCentralDatabase(central, central.user);
  return withFleetTools(async (tools) => {
    const original = await provisionOriginal(tools);
    const copies = await createCopies(tools, superuserUrl, original.tenant);
    const { tokens } = readServerConfiguration(environment);
    const issuer = createTokenIssuer(loadSigningKeys(tokens.keys), tokens);
    const tenants: BenchTenant[] = [];
    for (const { tenantKey, databaseUrl } of await copies.add('bench', count, original.tenant.dbName)) {
      const { accessToken } = await issuer.issueAccessToken({ ...original.administrator, tenantKey });
      tenants.push({ tenantKey, databaseUrl, token: accessToken });
    }
    return work({
      environment,
      tenants,
      tenant(index) {
        const tenant = tenants[index];
        if (!tenant) throw new Error(`There is no tenant ${index}.`);
        return tenant;
      },
      addUnmigrated: async (prefix, unmigrated) =>
        (await copies.add(prefix, unmigrated, emptyTemplate)).map(({ tenantKey }) => tenantKey),
    });
  }, readFleetConfiguration(environment));
}

async function provisionOriginal(tools: FleetTools) {
  const { tenant } = await provisionTenant(tools, { tenantKey: 'original', companyName: 'Original' });
  const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
  try {
    await writeSampleData(db, {
      users: usersPerTenant,
      seed: 1,
      locale: 'en',
      timeZone: 'Asia/Seoul',
    });
    const { id } = await db.user.findFirstOrThrow({ where: { username: 'admin' }, select: { id: true } });
    await openSession(db, id);
    const role = 'tenant_admin' as const;
    const permissions = new Set(systemRoles.find(({ code }) => code === role)?.permissions);
    return { tenant, administrator: { userId: id, sessionId: id, role, permissions } };
  } finally {
    await db.$disconnect();
  }
}

async function createCopies(tools: FleetTools, superuserUrl: string, original: TenantRow) {
  const datasource = await tenantDatasource(original, tools.secrets);
  const owner = await ownerDatasource(original, tools.secrets);
  if (!owner) throw new Error('The original tenant has no owner.');
  const databaseUrl = (database: string) => datasourceUrl({ ...datasource, database });
  return {
    async add(prefix: string, count: number, template: string) {
      const server = new pg.Client({ connectionString: superuserUrl });
      await server.connect();
      try {
        const added: { tenantKey: string; databaseUrl: string }[] = [];
        for (let index = 0; index < count; index++) {
          const tenantKey = `${prefix}_${String(index).padStart(3, '0')}`;
          await server.query(
            `CREATE DATABASE ${tenantKey} OWNER ${pg.escapeIdentifier(owner.user)} TEMPLATE ${template}`,
          );
          const { id } = await tools.central.tenant.create({
            data: {
              tenantKey,
              companyName: `Company ${tenantKey}`,
              dbHost: original.dbHost,
              dbPort: original.dbPort,
              dbName: tenantKey,
              dbUser: original.dbUser,
              dbPasswordEncrypted: await tools.secrets.write(
                applicationSecret(tenantKey),
                datasource.password,
              ),
              dbOwnerUser: owner.user,
              dbOwnerPasswordEncrypted: await tools.secrets.write(ownerSecret(tenantKey), owner.password),
              // As many connections as the server's pools have: the comparison is not about plans.
              plan: 'enterprise',
              status: 'active',
              isActive: true,
            },
          });
          if (template !== emptyTemplate)
            await remarkDatabase({ ...owner, database: tenantKey }, { id, tenantKey });
          added.push({ tenantKey, databaseUrl: databaseUrl(tenantKey) });
        }
        return added;
      } finally {
        await server.end();
      }
    },
  };
}
