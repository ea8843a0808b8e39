import { prismaCliConfig } from './src/db/schema-engine/cli-config.ts';

export default prismaCliConfig(process.env, {
  schema: 'prisma',
  migrations: 'prisma/migrations',
  urlVariables: ['TENANT_DATABASE_URL'],
});
