import { type Datasource, serverOf } from '../../config/datasource.ts';
import { readDatabaseIdentity } from '../../db/database-identity.ts';
import { SharedSessionError } from '../../db/kept-session.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import { TenantChangeError } from '../tenant-change-error.ts';

/**
 * Looks at the server itself, whose address nothing uses before the next migration. A pooler that is not known to be
 * one is no reason to refuse: requests are served through it.
 * @returns a remark on such a pooler, otherwise null.
 * @throws {TenantChangeError} when the direct address is that of another server.
 * @throws {SharedSessionError} when it is a pooler's.
 */
export async function checkDirectAddress(serving: Datasource, direct: Datasource): Promise<string | null> {
  if (direct.host === serving.host && direct.port === serving.port) {
    return withConnection(direct, async () => null).catch((error: unknown) => {
      if (error instanceof SharedSessionError) return error.message;
      throw error;
    });
  }
  const [server, behindPooler] = await Promise.all([
    withConnection(direct, readDatabaseIdentity),
    withConnection({ ...serving, ...poolable }, readDatabaseIdentity),
  ]);
  if (server !== behindPooler) {
    throw new TenantChangeError(
      `What is at ${serverOf(serving)} is not in front of the server at ${serverOf(direct)}: check --db-direct-host and --db-direct-port.`,
    );
  }
  return null;
}
