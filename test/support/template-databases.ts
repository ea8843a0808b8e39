import { generatePassword } from '../../src/auth/password.ts';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeLargeObjects, closePublicSchema } from '../../src/db/public-privileges.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { createDatabase } from './databases.ts';

/** The names of migrated databases on the run's server. Tests copy them: to migrate each anew takes half of their time. */
export interface TemplateDatabases {
  readonly central: string;
  readonly tenant: string;
}

/** Owns everything in the tenants' template, and has no rights anywhere else. */
export const templateOwner = 'cxg_template_owner';

/** Creates the templates, to which nobody connects, because a template can't be copied while connected. */
export async function createTemplateDatabases(serverUrl: string): Promise<TemplateDatabases> {
  return { central: await createCentralTemplate(serverUrl), tenant: await createTenantTemplate(serverUrl) };
}

async function createCentralTemplate(serverUrl: string): Promise<string> {
  const { connection } = await createDatabase(serverUrl);
  await migrateCentralDatabase(connection, connection.user);
  return connection.database;
}

async function createTenantTemplate(serverUrl: string): Promise<string> {
  const { connection } = await createDatabase(serverUrl);
  const { database } = connection;
  const password = generatePassword();
  const superuser = parseDatasourceUrl(serverUrl);
  await withConnection(superuser, (client) =>
    client.query(
      `CREATE ROLE ${templateOwner} LOGIN PASSWORD '${password}';
       ALTER DATABASE ${database} OWNER TO ${templateOwner}`,
    ),
  );
  await applyMigrations({ ...connection, user: templateOwner, password }, tenantMigrationsFolder);
  await withConnection(connection, async (client) => {
    await closeLargeObjects(client);
    await closePublicSchema(client);
    await client.query(
      `ALTER ROLE ${templateOwner} NOLOGIN PASSWORD NULL; ALTER DATABASE ${database} OWNER TO CURRENT_USER`,
    );
  });
  return database;
}
