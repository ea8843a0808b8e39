import { z } from 'zod';
import { parseDatasourceUrl } from '../datasource.ts';
import { section, variable } from './section.ts';
import { optional, postgresUrl } from './types.ts';

const centralUrl = variable('CENTRAL_ADMIN_DATABASE_URL', postgresUrl);

/** The central database, and the administrator who creates tenants' databases: one account, unless two are named. */
export const databases = section(
  z.object({
    centralDatabaseUrl: centralUrl,
    tenantAdminDatabaseUrl: variable('TENANT_ADMIN_DATABASE_URL', optional(postgresUrl)),
  }),
  ({ centralDatabaseUrl, tenantAdminDatabaseUrl }) => ({
    centralDatabaseUrl,
    tenantAdminDatasource: {
      ...parseDatasourceUrl(tenantAdminDatabaseUrl ?? centralDatabaseUrl),
      variable: tenantAdminDatabaseUrl ? 'TENANT_ADMIN_DATABASE_URL' : 'CENTRAL_ADMIN_DATABASE_URL',
    },
  }),
);

/** The account that migrates the central database, and the one that works in it: one, unless two are named. */
export const centralMigration = section(
  z.object({
    applicationUrl: centralUrl,
    ownerUrl: variable('CENTRAL_MIGRATION_DATABASE_URL', optional(postgresUrl)),
  }),
  ({ applicationUrl, ownerUrl }) => ({
    owner: {
      ...parseDatasourceUrl(ownerUrl ?? applicationUrl),
      variable: ownerUrl ? 'CENTRAL_MIGRATION_DATABASE_URL' : 'CENTRAL_ADMIN_DATABASE_URL',
    },
    application: parseDatasourceUrl(applicationUrl).user,
  }),
);
