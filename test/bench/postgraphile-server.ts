/**
 * A process that serves a tenant's database with PostGraphile 5, as its guide sets it up, with the presets that give its
 * lists the shape of ours. It has no authorisation. The packages are those of the folder PEERS.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { announcePort, listeningSchema } from './server-report.ts';

const environment = z
  .object({ DATABASE_URL: z.string(), POOL_SIZE: z.coerce.number(), PEERS: z.string() })
  .parse(process.env);

interface PostGraphile {
  createServ(grafserv: unknown): { addTo(server: Server): Promise<void> };
}

// What these functions take and give is not checked: they are not packages of this project.
const functionSchema = <T>() => z.custom<T>((value) => typeof value === 'function');
const packageSchemas = {
  postgraphile: z.object({ postgraphile: functionSchema<(preset: object) => PostGraphile>() }),
  grafserv: z.object({ grafserv: z.unknown() }),
  amber: z.object({ PostGraphileAmberPreset: z.unknown() }),
  relay: z.object({ PostGraphileRelayPreset: z.unknown() }),
  pg: z.object({ makePgService: functionSchema<(options: object) => object>() }),
};

const requirePeer = createRequire(join(environment.PEERS, 'package.json'));
const { postgraphile } = packageSchemas.postgraphile.parse(requirePeer('postgraphile'));
const { grafserv } = packageSchemas.grafserv.parse(requirePeer('postgraphile/grafserv/node'));
const { PostGraphileAmberPreset } = packageSchemas.amber.parse(requirePeer('postgraphile/presets/amber'));
const { PostGraphileRelayPreset } = packageSchemas.relay.parse(requirePeer('postgraphile/presets/relay'));
const { makePgService } = packageSchemas.pg.parse(requirePeer('postgraphile/adaptors/pg'));

const server = createServer();
await postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileRelayPreset],
  // Only the first columns of whole indexes may be ordered by otherwise, and the list's own index is a partial one.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  pgServices: [
    makePgService({
      connectionString: environment.DATABASE_URL,
      schemas: ['sys'],
      poolConfig: { max: environment.POOL_SIZE },
    }),
  ],
  grafserv: { watch: false, graphqlPath: '/graphql' },
  grafast: { explain: false },
})
  .createServ(grafserv)
  .addTo(server);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
announcePort(listeningSchema.parse(server.address()).port);
