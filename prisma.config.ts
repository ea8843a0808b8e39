import { fileURLToPath } from 'node:url';
import { prismaCliConfig } from '@cxg/prisma-schema-engine/cli-config';

export default prismaCliConfig(process.env, {
  schema: 'prisma',
  migrations: 'prisma/migrations',
  urlVariables: ['TENANT_DATABASE_URL'],
  engine: fileURLToPath(new URL('./src/db/prisma-cli/schema-engine.mjs', import.meta.url)),
});
