import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import { PrismaClient } from '../generated/tenant/client.ts';
import { PooledAdapterFactory } from './adapter-factory.ts';
import { ConnectionRefusal } from './connections/connection-refusal.ts';
import {
  createTenantConnections,
  type TenantConnections,
  type TenantTarget,
} from './connections/tenant-connections.ts';
import type { ConnectionLimits } from './pool-settings.ts';
import { readCells } from './rows/read-cells.ts';
import { createRowReader, type RowReader } from './rows/row-reader.ts';
import { tenantSecretColumns } from './secret-columns.ts';
import { createTenantStatements, type TenantStatements } from './tenant-statements.ts';

/** A Prisma client over one tenant's database. */
export type TenantClient = PrismaClient<never, typeof tenantSecretColumns>;

/** One interactive transaction in a tenant's database. */
export type TenantTransaction = Omit<TenantClient, ITXClientDenyList>;

/** The parts of a tenant's client that a service uses: those of the client itself or of an interactive transaction. */
export type TenantDatabase = TenantClient | TenantTransaction;

/**
 * Prisma's `select` or `include`, as the GraphQL layer derived it from the requested fields. Opaque to services, which
 * pass it on and rely only on the columns that their row types name.
 */
export type Selection = object;

/** Called when a connection dies outside of any query; without a listener it would end the process. */
export type ConnectionErrorListener = (error: Error) => void;

/**
 * The number of query plans that all clients cache together (see tools/build/patch-prisma-client.ts); the library
 * limits them only by count. A plan takes some 11 kB, and an application uses a few dozen selections.
 */
const maximumQueryPlans = 1_000;

/** An open tenant's database. Disconnecting the client closes all of it. */
export interface OpenedTenant {
  readonly client: TenantClient;
  readonly statements: TenantStatements;
  readonly rows: RowReader;
}

/**
 * Opens a client on a tenant's database, and asserts that it answers and belongs to that tenant: every connection is
 * checked against the database's marker before use.
 * @throws the driver's error when it does not answer, and {@link ConnectionRefusal} when there is a reason of ours;
 * nothing stays open then.
 */
export async function openTenantClient(
  target: TenantTarget,
  limits: ConnectionLimits,
  connections: TenantConnections,
): Promise<OpenedTenant> {
  const openPool = () => connections.createPool(target, limits);
  const pool = openPool();
  try {
    const opening = pool.connect().then((connection) => connection.release());
    // Meanwhile, the server works on the connection.
    const client = new PrismaClient({
      adapter: new PooledAdapterFactory(openPool, {}, pool),
      queryPlanCacheMaxSize: maximumQueryPlans,
      errorFormat: 'minimal',
      omit: tenantSecretColumns,
    });
    // From here on, disconnecting ends the pool, even if the client was never used.
    await Promise.all([opening, client.$connect()]);
    return {
      client,
      statements: createTenantStatements(pool),
      rows: createRowReader((text, values) => readCells(pool, text, values)),
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/**
 * Opens a client for a script, which shares no budget.
 * @throws errors for operators rather than for clients.
 */
export async function openScriptClient(target: TenantTarget, concurrency = 1): Promise<TenantClient> {
  const connections = createTenantConnections({
    budget: concurrency,
    timeoutSeconds: scriptTimeoutSeconds,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  try {
    return (await openTenantClient(target, scriptLimits(concurrency), connections)).client;
  } catch (error) {
    throw error instanceof ConnectionRefusal ? (error.failure.cause ?? error) : error;
  }
}

const scriptTimeoutSeconds = 5;

/** A script's transaction may be long, but not its statements. */
const scriptLimits = (concurrency: number) => ({ concurrency, statementTimeoutSeconds: 60 });
