import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../scripts/support/script.ts';
import type { BenchFleet, BenchTenant } from './fleet.ts';
import { type BenchRequest, graphqlRequest, isPage, pageSize } from './requests.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** Before this version, PostGraphile 5 doesn't run. */
const oldestNode = 22;

/** Other people's servers to compare with. */
export interface Peers {
  readonly folder: string;
  /** The Node.js that runs them. */
  readonly node: string;
}

/** The instructions for a skipped comparison. */
export const peersHint =
  'PostGraphile was left out: in a folder of your own, npm i postgraphile@5 graphql@16 pg (before Node.js 22 also node@24), and name it with --peers.';

/** Finds PostGraphile in a folder, and a Node.js for it. @throws {UsageError} when one of them is not there. */
export function findPeers(folder: string): Peers {
  const modules = resolve(folder, 'node_modules');
  if (!existsSync(join(modules, 'postgraphile'))) throw new UsageError(`${folder} has no PostGraphile.`);
  // Servers that are compared run on the same Node.js if they can.
  if (Number.parseInt(process.versions.node, 10) >= oldestNode)
    return { folder: resolve(folder), node: process.execPath };
  const node = join(modules, 'node', 'bin', 'node');
  if (!existsSync(node)) throw new UsageError(`PostGraphile needs Node.js ${oldestNode}: npm i node@24`);
  return { folder: resolve(folder), node };
}

/** Starts PostGraphile on a tenant's database. */
export function startPostGraphile(
  { folder, node }: Peers,
  { environment }: BenchFleet,
  { databaseUrl }: BenchTenant,
): Promise<ServerProcess> {
  return startServerProcess(
    new URL('./postgraphile-server.ts', import.meta.url),
    {
      DATABASE_URL: databaseUrl,
      POOL_SIZE: environment.TENANT_CONNECTION_POOL_SIZE,
      PEERS: folder,
      GRAPHILE_ENV: 'production',
    },
    node,
  );
}

/** The page in PostGraphile's words. */
export const postGraphilePage: BenchRequest = graphqlRequest(
  'none',
  {
    query: `query UsersPage {
  allUsers(first: ${pageSize}, condition: { deletedAt: null }, orderBy: [CREATED_AT_DESC, PRIMARY_KEY_DESC]) {
    edges {
      cursor
      node { id username fullName email departmentByDepartmentId { id name } roleByRoleId { id name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  },
  isPage,
);
