import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { setUpScript } from '../../src/tenancy/provisioning/existing-database/set-up-script.ts';
import { existingDatabaseRequestSchema } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { runAsSuperuser } from './central-database.ts';
import { testPassword } from './fleet.ts';
import { runAsPsql } from './psql.ts';

/** A database and two roles as an operator makes them. */
export interface OperatorsDatabase {
  readonly dbName: string;
  readonly dbUser: string;
  readonly dbOwnerUser: string;
  readonly dbPassword: string;
  readonly dbOwnerPassword: string;
  readonly dbHost: string;
  readonly dbPort: number;
  /** The answers to a script that asks for the roles' passwords. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly superuser: Datasource;
  /** A way to the database as one of its roles. */
  as(role: 'application' | 'owner'): Datasource;
  /** Removes the database and those of the two roles that exist. */
  drop(): Promise<void>;
}

/** Names that need quoting and look like those that this program makes, which an operator may well choose. */
export function nameOperatorsDatabase(): OperatorsDatabase {
  const suffix = randomUUID().slice(0, 8);
  const { host: dbHost, port: dbPort, ...superuser } = parseDatasourceUrl(inject('postgresUrl'));
  const names = {
    dbName: `Acme "CRM" ${suffix}`,
    dbUser: `acme's app-${suffix}-b`,
    dbOwnerUser: `ACME ddl ${suffix}_owner`,
  };
  const [dbPassword, dbOwnerPassword] = [`app-pw-${suffix}`, `ddl-pw-${suffix}`];
  return {
    ...names,
    dbPassword,
    dbOwnerPassword,
    dbHost,
    dbPort,
    passwords: { [names.dbUser]: dbPassword, [names.dbOwnerUser]: dbOwnerPassword },
    superuser: { host: dbHost, port: dbPort, ...superuser },
    as: (role) => ({
      host: dbHost,
      port: dbPort,
      database: names.dbName,
      ...(role === 'owner'
        ? { user: names.dbOwnerUser, password: dbOwnerPassword }
        : { user: names.dbUser, password: dbPassword }),
    }),
    async drop() {
      await runAsSuperuser(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(names.dbName)} WITH (FORCE)`);
      for (const role of [names.dbUser, names.dbOwnerUser]) {
        await runAsSuperuser(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`);
      }
    },
  };
}

/** Creates them with the very statements that `provision-tenant --dry-run` shows, as somebody who is no superuser. */
export async function makeOperatorsDatabase(by?: Datasource): Promise<OperatorsDatabase> {
  const made = nameOperatorsDatabase();
  const { dbName: database, dbOwnerUser: owner, dbUser: application } = made;
  await runAsPsql(setUpScript({ database, owner, application }), by ?? made.superuser, made.passwords);
  return made;
}

/** The request for a tenant in such a database. */
export function requestIn(
  { dbName, dbUser, dbOwnerUser, dbPassword, dbOwnerPassword, dbHost, dbPort }: OperatorsDatabase,
  tenantKey: string,
) {
  return existingDatabaseRequestSchema.parse({
    tenantKey,
    companyName: 'Company',
    adminPassword: testPassword,
    existingDatabase: true,
    ...{ dbName, dbUser, dbOwnerUser, dbPassword, dbOwnerPassword, dbHost, dbPort },
  });
}
