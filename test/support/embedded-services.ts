import { lstat, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  FolderInUseError,
  hasUnreleasedClaim,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '@cxg/embedded-postgres';
import { type RedisServer, startRedisServer } from '../../tools/support/redis-server.ts';
import {
  type TestServices,
  testIcuLocale,
  testPostgresInstallation,
  testPostgresSettings,
} from './test-services.ts';
import { volatileFolder, volatileFolders } from './volatile-folder.ts';

const folderPrefix = 'cxg-graphql-api-test-';

/** Starts PostgreSQL from npm in a throw-away folder, and Redis: TEST_REDIS_URL, else redis-server on PATH. */
export async function startEmbeddedServices(): Promise<TestServices> {
  await removeAbandonedFolders();
  const dataDirectory = await mkdtemp(join(await volatileFolder(), folderPrefix));
  const postgres = await startThrowAwayPostgres(dataDirectory);
  // Vitest exits on a signal without its teardown. The folder is left for the next run to remove.
  process.once('exit', postgres.requestStop);
  const stopPostgres = async (): Promise<void> => {
    process.off('exit', postgres.requestStop);
    await postgres.stop();
    await removeEmbeddedPostgres(dataDirectory);
  };
  try {
    const redis = await startOrFindRedis();
    return {
      postgresUrl: postgres.superuserUrl,
      redisUrl: redis?.url ?? null,
      stop: async () => {
        await stopPostgres();
        await redis?.stop();
      },
    };
  } catch (error) {
    await stopPostgres();
    throw error;
  }
}

async function startThrowAwayPostgres(dataDirectory: string): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDirectory,
      installation: testPostgresInstallation,
      settings: testPostgresSettings,
      icuLocale: testIcuLocale,
      durable: false,
    });
  } catch (error) {
    await removeEmbeddedPostgres(dataDirectory);
    throw error;
  }
}

async function startOrFindRedis(): Promise<Pick<RedisServer, 'url' | 'stop'> | null> {
  const url = process.env.TEST_REDIS_URL;
  return url === undefined ? startRedisServer() : { url, stop: async () => undefined };
}

/** A killed run leaves its folder, and a server running on it. */
async function removeAbandonedFolders(): Promise<void> {
  const candidates = await Promise.all(volatileFolders.map(candidatesIn));
  for (const folder of candidates.flat()) await removeIfAbandoned(folder);
}

async function candidatesIn(parent: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(folderPrefix)).map((name) => join(parent, name));
}

async function removeIfAbandoned(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  // Everyone can write to such a folder: only what is ours may be touched.
  if (found === undefined || found.uid !== process.getuid?.()) return;
  // Without a claim it is another run's folder, just made and about to be claimed.
  if (await hasUnreleasedClaim(folder)) await removeEmbeddedPostgres(folder).catch(ignoreFolderInUse);
}

function ignoreFolderInUse(error: unknown): void {
  if (!(error instanceof FolderInUseError)) {
    throw error;
  }
}
