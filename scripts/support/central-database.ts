import { parseDatasourceUrl } from '../../src/db/datasource.ts';
import { administer } from '../../src/db/roles-and-databases.ts';
import { applyMigrations } from '../../src/db/schema-engine/schema-engine.ts';
import { centralMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';

/** Makes the central database when it is missing, and brings it to the newest schema. */
export async function prepareCentralDatabase(url: string): Promise<void> {
  const datasource = parseDatasourceUrl(url);
  await administer({ ...datasource, database: 'postgres' }, (server) =>
    server.ensureDatabase(datasource.database, datasource.user),
  );
  await applyMigrations(datasource, centralMigrationsFolder);
}
