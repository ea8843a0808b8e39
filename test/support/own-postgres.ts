import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '@cxg/embedded-postgres';
import { testPostgresInstallation, testPostgresSettings } from './test-services.ts';
import { volatileFolder } from './volatile-folder.ts';

/** A PostgreSQL server that a test may stop, kill and start again. */
export interface OwnPostgres {
  readonly superuserUrl: string;
  readonly port: number;
  /** Stops it in an orderly way, or kills its first process; resolves when it has ended. */
  stop(how: 'orderly' | 'killed'): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/**
 * Starts a server of the test's own. Unlike the run's, it has PostgreSQL's own locale unless told otherwise.
 * @param settings what it has otherwise than the run's.
 */
export async function startOwnPostgres(
  cluster: Pick<EmbeddedPostgresOptions, 'icuLocale' | 'noLocale'> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnPostgres> {
  const dataDirectory = await mkdtemp(join(await volatileFolder(), 'cxg-graphql-api-test-own-'));
  const start = (preferredPort?: number) =>
    startEmbeddedPostgres({
      dataDirectory,
      ...cluster,
      installation: testPostgresInstallation,
      settings: { ...testPostgresSettings, ...settings },
      durable: false,
      ...(preferredPort === undefined ? {} : { preferredPort }),
    });
  let server: EmbeddedPostgres = await start();
  const { superuserUrl, port } = server;
  return {
    superuserUrl,
    port,
    async stop(how) {
      if (how === 'killed') process.kill(server.processId, 'SIGKILL');
      await server.stop();
    },
    async start() {
      server = await start(port);
      if (server.port !== port) throw new Error('The port was taken by somebody else.');
    },
    async remove() {
      await server.stop();
      await removeEmbeddedPostgres(dataDirectory);
    },
  };
}
