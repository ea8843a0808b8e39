import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

const integration = [
  // Roles, their rights, and where a tenant's database is.
  'administrator-rights',
  'adopt-tenant-database',
  'central-roles',
  'credential-rotation',
  'existing-database',
  'operations-guide',
  'poolers',
  'provider-administrators',
  'provisioning',
  'public-privileges',
  'repair-tenant-database',
  'tenant-marker',
  'tenant-move',
  'tenant-roles',
  'two-fleets',
  // Migrations, and what they make.
  'audit-migration',
  'fleet-migration',
  'outdated-tenants',
  'repair-timestamps',
  'schema-engine',
  'schema-guards',
  // Settings, statements, errors, sessions and limits.
  'coded-rows',
  'data-version',
  'error-codes',
  'lists',
  'server-settings',
  'session-limits',
  'tls-fleet',
  'typed-text',
  'untrusted-server',
  'unusable-input',
];

/** The tests whose outcome may depend on PostgreSQL's version: `npm run test:versions` runs them on each. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      ...integration.map((name) => `test/integration/${name}.test.ts`),
      'test/isolation/{cross-tenant-access,eviction}.test.ts',
      'test/unit/db/**/*.test.ts',
    ],
  },
});
