import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from '@cxg/embedded-postgres';

const settings = {
  // Three servers with a connection or two for each of 200 tenants.
  max_connections: '900',
  // A checkpoint in the middle of a round would be that round's alone.
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
};

/** Runs `work` on a PostgreSQL server in a temporary folder; nothing is left of either, however `work` ends. */
export async function withPostgres<T>(work: (superuserUrl: string) => Promise<T>): Promise<T> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-bench-'));
  let postgres: EmbeddedPostgres | undefined;
  try {
    postgres = await startEmbeddedPostgres({ dataDirectory, settings, durable: false });
    process.once('exit', postgres.requestStop);
    return await work(postgres.superuserUrl);
  } finally {
    await postgres?.stop();
    if (postgres) process.off('exit', postgres.requestStop);
    await removeEmbeddedPostgres(dataDirectory);
  }
}
