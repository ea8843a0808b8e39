import { z } from 'zod';
import { nextRun } from '../concurrency/next-run.ts';
import { isSchemaMissing } from './database-errors.ts';
import type { TenantStatements } from './tenant-statements.ts';

/**
 * Another server, or the same one after a restart, may lack changes that were visible before, because its disk or the
 * promoted standby never received them. A version could then recur, so the server's start time is part of it.
 */
const statement = {
  name: 'data_version',
  text: 'SELECT version, extract(epoch FROM pg_postmaster_start_time())::text AS started FROM sys.data_versions',
};

const rowsSchema = z.array(z.object({ version: z.uuid(), started: z.string() }));

/**
 * A database without versions is not queried again for this long, because the server would log an error each time.
 * Meanwhile, its answers are not cached.
 */
const unversionedMilliseconds = 10_000;

/** The lookups of each client; a process has one client per tenant. */
const lookUps = new WeakMap<TenantStatements, () => Promise<string | null>>();

/**
 * Reads the version of a tenant's rows, which differs as soon as anybody has changed rows. Concurrent calls share one
 * statement, which begins after each of them.
 * @returns null when there is none, because the database has not been migrated or somebody has removed it.
 * @throws the driver's error, or a refusal of ours; `databaseFailure` names both.
 */
export function readDataVersion(statements: TenantStatements): Promise<string | null> {
  const known = lookUps.get(statements);
  if (known) return known();
  const lookUp = createLookUp(statements);
  lookUps.set(statements, lookUp);
  return lookUp();
}

function createLookUp(statements: TenantStatements): () => Promise<string | null> {
  let unversionedUntil = 0;
  const lookUp = nextRun(() =>
    lookAt(statements, () => {
      unversionedUntil = performance.now() + unversionedMilliseconds;
    }),
  );
  return () => (performance.now() < unversionedUntil ? Promise.resolve(null) : lookUp());
}

async function lookAt(statements: TenantStatements, onUnversioned: () => void): Promise<string | null> {
  try {
    const rows = rowsSchema.parse(await statements.run(statement, []));
    return (
      rows
        .map(({ version, started }) => `${version} ${started}`)
        .sort()
        .join() || null
    );
  } catch (error) {
    if (!isSchemaMissing(error)) throw error;
    onUnversioned();
    return null;
  }
}
