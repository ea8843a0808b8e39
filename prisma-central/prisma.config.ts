import { prismaCliConfig } from '../src/db/schema-engine/cli-config.ts';

export default prismaCliConfig(process.env, {
  schema: 'schema.prisma',
  migrations: 'migrations',
  urlVariables: ['CENTRAL_MIGRATION_DATABASE_URL', 'CENTRAL_ADMIN_DATABASE_URL'],
});
