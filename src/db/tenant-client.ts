import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from '../generated/tenant/client.ts';
import { type PoolLimits, poolSettings } from './pool-settings.ts';

/** A Prisma client over one tenant's database. */
export type TenantClient = PrismaClient;

/** What a service needs of a tenant's database: the client itself, or one of its interactive transactions. */
export type TenantDatabase = PrismaClient | Prisma.TransactionClient;

/**
 * Prisma's `select` or `include`, as the GraphQL layer derived it from the fields that a client asked for.
 * Opaque to services, which pass it on and rely only on the columns that their row types name.
 */
export type Selection = object;

/** Called when a connection dies outside of any query; without a listener it would end the process. */
export type ConnectionErrorListener = (error: Error) => void;

/**
 * Opens a client on `datasourceUrl` and makes sure that the database answers.
 * @throws the driver's error when it does not; nothing stays open then.
 */
export async function openTenantClient(
  datasourceUrl: string,
  limits: PoolLimits,
  onConnectionError: ConnectionErrorListener,
): Promise<TenantClient> {
  const client = new PrismaClient({
    adapter: new PrismaPg(poolSettings(datasourceUrl, limits), {
      onPoolError: onConnectionError,
      onConnectionError,
    }),
  });
  try {
    await client.$queryRaw`SELECT 1`;
    return client;
  } catch (error) {
    await client.$disconnect();
    throw error;
  }
}
