import { fileURLToPath } from 'node:url';
import { prismaCliConfig } from '@cxg/prisma-schema-engine/cli-config';

export default prismaCliConfig(process.env, {
  schema: 'schema.prisma',
  migrations: 'migrations',
  urlVariables: ['CENTRAL_MIGRATION_DATABASE_URL', 'CENTRAL_ADMIN_DATABASE_URL'],
  engine: fileURLToPath(new URL('../src/db/prisma-cli/schema-engine.mjs', import.meta.url)),
});
