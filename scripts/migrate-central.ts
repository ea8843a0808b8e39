import { z } from 'zod';
import { readCentralMigrationConfiguration } from '../src/config/script-environment.ts';
import { migrateCentralDatabase, remarksOnCentralDatabase } from '../src/tenancy/central-migration.ts';
import { operatorName, operatorScript } from './support/operator.ts';
import { print, printJson, runScript } from './support/script.ts';
import { findScriptDatabase } from './support/script-database.ts';

const program = operatorScript(
  'migrate-central',
  `Migrates the central database as its owner, the role of CENTRAL_MIGRATION_DATABASE_URL, and
grants the role of CENTRAL_ADMIN_DATABASE_URL what servers and scripts need and no more. Both roles must exist.
Without CENTRAL_MIGRATION_DATABASE_URL one role is both. Run again, it changes nothing.`,
);

await runScript(program, async () => {
  const { json } = z.object({ json: z.boolean().default(false) }).parse(program.opts());
  const { environment } = await findScriptDatabase(program);
  const { owner, application } = readCentralMigrationConfiguration(environment);
  const applied = await migrateCentralDatabase(owner, application, {
    kind: 'script',
    name: operatorName(program),
  });
  const remarks = await remarksOnCentralDatabase(owner, application);
  if (json) printJson({ database: owner.database, owner: owner.user, application, applied, remarks });
  else {
    for (const name of applied) print(`  applied ${name}`);
    print(`The central database ${owner.database} is up to date.`);
    print(
      application === owner.user
        ? `${application} both owns and uses it: only a trigger protects its audit log.`
        : `${owner.user} owns it, and ${application} uses it.`,
    );
    for (const remark of remarks) print(remark);
  }
  return 0;
});
