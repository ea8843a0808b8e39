import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import type { DatabaseServer } from './database-server.ts';
import type { TestFleet } from './fleet.ts';
import type { ClientAnswer, GraphQLClient } from './graphql-client.ts';
import { administratorRoleId, openSession } from './sessions.ts';
import { copyTenant } from './tenant-copies.ts';
import { issueAdminToken } from './tokens.ts';

/** A tenant with an administrator who asks, and whose name tells which tenant an answer came from. */
export interface LoadTenant {
  readonly tenantKey: string;
  readonly token: string;
  readonly userId: string;
  readonly dbName: string;
}

/** Tenants that differ in nothing but their databases and the names in them: their roles are the same. */
export interface LoadTenants {
  readonly all: readonly LoadTenant[];
  /** The tenant of that number. */
  at(index: number): LoadTenant;
  /** Removes the copies: the fleet removes what was provisioned. */
  remove(): Promise<void>;
}

/** Creates `count` tenants: one provisioned, and the others copies of it. */
export async function createLoadTenants(
  fleet: TestFleet,
  server: DatabaseServer,
  prefix: string,
  count: number,
): Promise<LoadTenants> {
  const tenantKeys = Array.from(
    { length: count },
    (_, index) => `${prefix}${String(index).padStart(3, '0')}`,
  );
  const [original = '', ...others] = tenantKeys;
  const userId = randomUUID();
  const tenant = await fleet.provision(original);
  await tenant.db.user.create({
    data: {
      id: userId,
      username: 'boss',
      email: `boss@${original}.example`,
      fullName: `Boss of ${original}`,
      passwordHash: 'none',
      roleId: await administratorRoleId(tenant),
    },
  });
  await openSession(tenant.db, userId);
  await tenant.db.$disconnect();
  const copies = await copyTenant(fleet, server, original);
  await pMap(others, copies.copy, { concurrency: 4 });
  const rows = await fleet.tools.central.tenant.findMany({ where: { tenantKey: { in: tenantKeys } } });
  const all = await pMap(tenantKeys, async (tenantKey) => ({
    tenantKey,
    userId,
    token: await issueAdminToken(fleet, tenantKey, userId),
    dbName: rows.find((row) => row.tenantKey === tenantKey)?.dbName ?? '',
  }));
  return {
    all,
    at(index) {
      const loadTenant = all[index];
      if (!loadTenant) throw new Error(`There is no tenant ${index}.`);
      return loadTenant;
    },
    remove: copies.remove,
  };
}

/** Reads the asker's own name. */
export function readOwnName(graphql: GraphQLClient, { token }: LoadTenant): Promise<ClientAnswer> {
  return graphql('{ me { fullName } }', { token });
}

/** Changes something that only the answer and the database tell of. */
export function writePosition(
  graphql: GraphQLClient,
  { token, userId }: LoadTenant,
  position: string,
): Promise<ClientAnswer> {
  return graphql(
    'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { fullName } }',
    { token, variables: { id: userId, input: { position } } },
  );
}

/** The outcomes of many requests. */
export interface Tally {
  sent: number;
  failed: number;
  wrongTenant: number;
  /** The number of answers by code. */
  readonly codes: Map<string, number>;
  /** Failures that a client may not simply repeat. */
  notRetryable: number;
  readonly milliseconds: number[];
}

/** Begins to count. */
export function createTally(): Tally {
  return { sent: 0, failed: 0, wrongTenant: 0, codes: new Map(), notRetryable: 0, milliseconds: [] };
}

/** Sends a request of a tenant and counts its outcome. @returns the answer. */
export async function count(
  tally: Tally,
  loadTenant: LoadTenant,
  request: () => Promise<ClientAnswer>,
): Promise<ClientAnswer> {
  const startedAt = performance.now();
  tally.sent++;
  const answer = await request();
  tally.milliseconds.push(performance.now() - startedAt);
  if (answer.errors.length > 0) tally.failed++;
  for (const { extensions } of answer.errors) {
    tally.codes.set(extensions.code, (tally.codes.get(extensions.code) ?? 0) + 1);
    if (extensions.retryable !== true) tally.notRetryable++;
  }
  const names = JSON.stringify(answer.data ?? null).match(/Boss of (\w+)/g) ?? [];
  if (names.some((name) => name !== `Boss of ${loadTenant.tenantKey}`)) tally.wrongTenant++;
  return answer;
}

/** The value that so large a share of the figures is not above. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** One line of figures. */
export function describeTally(tally: Tally): string {
  const codes = [...tally.codes].map(([code, number]) => `${number} ${code}`).join(', ');
  return (
    `${tally.sent} requests sent, ${tally.failed} failed${codes && ` (${codes})`}, wrong tenant: ${tally.wrongTenant}, ` +
    `p50 ${percentile(tally.milliseconds, 0.5).toFixed(0)} ms, p99 ${percentile(tally.milliseconds, 0.99).toFixed(0)} ms`
  );
}
