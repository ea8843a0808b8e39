import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { runAsSuperuser } from './central-database.ts';

/** An account that makes tenants without being a superuser. */
export interface TestAdministrator {
  /** Connects to the maintenance database, to which the server admits only roles that were granted access. */
  readonly datasource: Datasource;
  drop(): Promise<void>;
}

/** Creates an account that may create roles and databases, or whatever the attributes say. */
export async function makeAdministrator(attributes = 'CREATEDB CREATEROLE'): Promise<TestAdministrator> {
  const user = `administrator_${randomUUID().slice(0, 8)}`;
  const password = 'a-password-for-tests';
  const place = parseDatasourceUrl(inject('postgresUrl'));
  await runAsSuperuser(`CREATE ROLE ${user} LOGIN PASSWORD '${password}' ${attributes}`);
  await runAsSuperuser(`GRANT CONNECT ON DATABASE "${place.database}" TO ${user}`);
  return {
    datasource: { ...place, user, password },
    async drop() {
      await runAsSuperuser(`REVOKE CONNECT ON DATABASE "${place.database}" FROM ${user}`);
      await runAsSuperuser(`DROP ROLE ${user}`);
    },
  };
}
