import { randomBytes, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { readServerConfiguration, type ServerConfiguration } from '../../src/config/environment.ts';
import { administer } from '../../src/db/roles-and-databases.ts';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openFleet } from '../../src/tenancy/fleet/open-fleet.ts';
import { createManager } from '../../src/tenancy/platform/manager-accounts.ts';
import { type ProvisioningTools, provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import type { ProvisioningRequest } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { tenantRoles } from '../../src/tenancy/sign-in-roles.ts';
import { scriptTarget } from '../../src/tenancy/tenant.ts';
import { ownerMark } from '../../src/tenancy/tenant-administration.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { createCentralDatabase } from './central-database.ts';
import { createComparingExecutor } from './comparing-executor.ts';
import { createGraphQLClient, type GraphQLClient } from './graphql-client.ts';
import { metricsToken } from './metrics.ts';
import { quickHash } from './quick-hash.ts';
import { fetchOf } from './request-paths.ts';
import { openSession } from './sessions.ts';
import { makeTenantFromTemplate } from './tenant-from-template.ts';

/** Everybody's password in the tests. */
export const testPassword = 'Password123!';

/** A tenant of a test's own. */
export interface TestTenant {
  readonly tenantKey: string;
  /** A client over the tenant's database, past the application but with its role: to arrange and to check. */
  readonly db: TenantClient;
  /** Runs a statement as the role that owns the database, for what the application's role may not do. */
  runAsOwner(statement: string): Promise<void>;
}

/** A central database of its own, an application on it, and tenants as needed. Nothing is shared with other test files. */
export interface TestFleet {
  readonly app: App;
  readonly graphql: GraphQLClient;
  readonly tools: ProvisioningTools;
  readonly configuration: ServerConfiguration;
  /** The fleet's `SECRET_KEY`. */
  readonly secretKey: string;
  /** The environment to start a script or another process of this fleet with. */
  readonly environment: Readonly<Record<string, string>>;
  /** The application's log, one JSON object per line. */
  readonly log: readonly string[];
  /**
   * Provisions a tenant whose administrator is `admin` with {@link testPassword}, and begins a session of theirs
   * whose id is the user's.
   */
  provision(tenantKey: string, request?: Partial<ProvisioningRequest>): Promise<TestTenant>;
  /** Signs in through the API; a one-time password with a new one. */
  signIn(
    tenantKey: string,
    username?: string,
    password?: string,
    newPassword?: string,
  ): Promise<{ accessToken: string; refreshToken: string }>;
  /**
   * Creates a manager with {@link testPassword} unless there is one of that name, and signs them in through the API.
   */
  signInManager(username?: string): Promise<{ accessToken: string; refreshToken: string }>;
  /** Another application on the same fleet, as another process would be; closed with the fleet. */
  startApp(overrides?: Readonly<Record<string, string>>): { app: App; graphql: GraphQLClient };
  /** Runs a statement as the owner of the central database, for what the application's role there may not do. */
  runAsCentralOwner(statement: string): Promise<void>;
  /** Database and role names that no other test uses. */
  placeFor(tenantKey: string): { dbName: string; dbUser: string };
  close(): Promise<void>;
}

/**
 * Creates a fleet, on the run's server unless another is named. `overrides` are environment variables of the application.
 * @param comparesExecutions whether each query is executed twice, by its plan and by graphql-js, and has to be answered
 * the same way: for tests of who may see what. Statements can't be counted then.
 */
export async function createTestFleet(
  overrides: Readonly<Record<string, string>> = {},
  serverUrl = inject('postgresUrl'),
  { comparesExecutions = false } = {},
): Promise<TestFleet> {
  const suffix = randomUUID().slice(0, 8);
  const central = await createCentralDatabase(`central_${suffix}`, serverUrl);
  const environment = {
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'warn',
    CENTRAL_ADMIN_DATABASE_URL: central.applicationUrl,
    TENANT_ADMIN_DATABASE_URL: serverUrl,
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    SECRET_KEY: randomBytes(48).toString('base64'),
    METRICS_TOKEN: metricsToken,
    // Few tests are about plans.
    PLAN_LIMITS: JSON.stringify({ starter: { concurrency: 5, statementTimeoutSeconds: 15 } }),
    ...overrides,
  };
  const configuration = readServerConfiguration(environment);
  const log: string[] = [];
  const logger = createLogger(configuration.logging, { write: (line) => void log.push(line) });
  // Beside the application, as a script is: what happens there is not in the application's log.
  const own = openFleet(configuration, createLogger({ level: 'silent', format: 'json' }));
  const { central: centralClient, secrets } = own.tools;
  const closing: (() => Promise<void>)[] = [];

  const startApp = (appOverrides: Readonly<Record<string, string>> = {}) => {
    const app = createApp(readServerConfiguration({ ...environment, ...appOverrides }), logger, {
      ...(comparesExecutions ? { execute: createComparingExecutor() } : {}),
    });
    closing.push(() => app.close());
    return { app, graphql: createGraphQLClient(fetchOf(app)) };
  };
  const { app, graphql } = startApp();

  const tools: ProvisioningTools = {
    ...own.tools,
    // Without Redis, the application does not hear of what is changed beside it.
    invalidate: async (tenantKey) => {
      await app.directory.invalidate(tenantKey);
      await own.tools.invalidate(tenantKey);
    },
  };
  /** The templates are on the run's server, and belong to its superuser. A tenant that exists is not made anew. */
  const mayUseTemplate = async (tenantKey: string) => {
    const { host, port, user } = parseDatasourceUrl(inject('postgresUrl'));
    const { tenantAdminDatasource: administrator } = tools;
    if (administrator.host !== host || administrator.port !== port || administrator.user !== user)
      return false;
    return (await centralClient.tenant.findUnique({ where: { tenantKey } })) === null;
  };
  const makeTenant = async (tenantKey: string, wanted: Partial<ProvisioningRequest>) => {
    const request = {
      tenantKey,
      companyName: `Company ${tenantKey}`,
      adminPassword: testPassword,
      // Tests add users past the application; few of them are about seats.
      maxUsers: 10_000,
      ...placeFor(tenantKey),
    };
    const terms = termsAlone(wanted);
    if (terms && (await mayUseTemplate(tenantKey)))
      return makeTenantFromTemplate(tools, { ...request, ...terms });
    const { tenant } = await provisionTenant(tools, { ...request, ...wanted });
    return { tenant, db: await openScriptClient(await scriptTarget(tenant, secrets), 2) };
  };
  const placeFor = (tenantKey: string) => ({
    dbName: `t_${tenantKey}_${suffix}`,
    dbUser: `t_${tenantKey}_${suffix}`,
  });

  return {
    app,
    graphql,
    tools,
    configuration,
    secretKey: environment.SECRET_KEY,
    environment,
    log,
    startApp,
    placeFor,
    runAsCentralOwner: central.runAsOwner,
    async provision(tenantKey, request = {}) {
      const { tenant, db } = await makeTenant(tenantKey, request);
      closing.push(() => db.$disconnect());
      const administrator = await db.user.findFirstOrThrow({ select: { id: true } });
      if (request.adminPassword === undefined) {
        const passwordHash = await quickHash(testPassword);
        await db.user.update({ where: { id: administrator.id }, data: { passwordHash } });
      }
      await openSession(db, administrator.id);
      const owner = await ownerDatasource(tenant, secrets);
      if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
      const runAsOwner = (statement: string) =>
        withConnection(owner, async (client) => void (await client.query(statement)));
      return { tenantKey, db, runAsOwner };
    },
    async signIn(tenantKey, username = 'admin', password = testPassword, newPassword) {
      const { data, errors } = await graphql(
        'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }',
        { variables: { input: { tenantKey, username, password, newPassword } } },
      );
      if (!data?.login) throw new Error(`Sign-in failed: ${errors[0]?.message}`);
      return data.login;
    },
    async signInManager(username = 'operator') {
      if (!(await centralClient.manager.findUnique({ where: { username } }))) {
        const manager = { username, email: `${username}@example.com`, fullName: `Manager ${username}` };
        const managerTools = { central: centralClient, invalidateManagers: async () => {} };
        await createManager(managerTools, { ...manager, password: testPassword }, 'tests');
        const passwordHash = await quickHash(testPassword);
        await centralClient.manager.update({ where: { username }, data: { passwordHash } });
      }
      const { data, errors } = await graphql(
        'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }',
        { variables: { input: { username, password: testPassword } } },
      );
      if (!data?.login) throw new Error(`Sign-in failed: ${errors[0]?.message}`);
      return data.login;
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
      const tenants = await centralClient.tenant.findMany();
      await administer(tools.tenantAdminDatasource, async (server) => {
        for (const tenant of tenants) {
          await server.dropDatabaseAndRoles(tenant.dbName, tenantRoles(tenant), ownerMark(tenant));
        }
      });
      await own.close();
      await central.drop();
    },
  };
}

/** The terms of a tenant and its first account, which change nothing about its database. */
type Terms = Pick<ProvisioningRequest, 'companyName' | 'plan' | 'maxUsers' | 'adminEmail'> & {
  readonly adminPassword: string;
};

/** Returns what a tenant is asked for with, if that is its terms and its first account alone, so that one from a template will do; otherwise null. */
function termsAlone(wanted: Partial<ProvisioningRequest>): Partial<Terms> | null {
  const { companyName, plan, maxUsers, adminEmail, adminPassword, ...others } = wanted;
  if (Object.keys(others).length > 0) return null;
  return {
    ...(companyName === undefined ? {} : { companyName }),
    ...(plan === undefined ? {} : { plan }),
    ...(maxUsers === undefined ? {} : { maxUsers }),
    ...(adminEmail === undefined ? {} : { adminEmail }),
    ...(adminPassword === undefined ? {} : { adminPassword }),
  };
}
