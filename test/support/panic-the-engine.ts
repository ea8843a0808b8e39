import { applyMigrations, openSchemaEngine, parseDatabaseUrl } from '../../src/db/schema-engine.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';

// Makes the engine panic, and prints what that and the next use of it are told. In a process of its own, because
// the engine can't be used again in one where it has panicked.
const { connection } = parseDatabaseUrl(process.argv[2] ?? '');
const engine = await openSchemaEngine({ connection });
const told = await Promise.allSettled([engine.run(async (schemaEngine) => schemaEngine.debugPanic())]);
await engine.close();
const afterwards = await Promise.allSettled([applyMigrations(connection, tenantMigrationsFolder)]);
process.stdout.write(
  JSON.stringify(
    [...told, ...afterwards].map((outcome) => ('reason' in outcome ? String(outcome.reason) : 'no error')),
  ),
);
