import { z } from 'zod';
import { nextRun } from '../concurrency/next-run.ts';
import { isSchemaMissing } from './database-errors.ts';
import type { TenantStatements } from './tenant-statements.ts';

/**
 * Another server, or the same after a restart, may lack changes that were seen before: those that its disk, or the
 * standby that took its place, never got. Then a version would come back, so the server's start is part of it.
 */
const statement = {
  name: 'data_version',
  text: 'SELECT version, extract(epoch FROM pg_postmaster_start_time())::text AS started FROM sys.data_versions',
};

const rowsSchema = z.array(z.object({ version: z.uuid(), started: z.string() }));

/**
 * A database that has no versions is not asked again for so long: each time, the server would log an error. It is only
 * without cached answers meanwhile.
 */
const unversionedMilliseconds = 10_000;

/** The look-ups of each client; a process has one client per tenant. */
const lookUps = new WeakMap<TenantStatements, () => Promise<string | null>>();

/**
 * Reads the version of what a tenant's database holds: it is another one as soon as anybody has changed rows there.
 * Calls of the same moment share one statement, which begins after each of them.
 * @returns null when the database has none, because it has not been migrated or somebody has removed it.
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
