import { GraphQLError } from 'graphql';
import { turnNetwork } from '../auth/login-addresses.ts';
import type { AccessGrant } from '../auth/viewer.ts';
import { type LeaveLoop, LoopBusyError, type LoopTurns } from '../concurrency/loop-turns.ts';
import { TenantBusyError } from '../errors/index.ts';

/** Somebody who asks to be served. */
export interface Asker {
  /** The grant of their token; null without a good one. */
  readonly grant: AccessGrant | null;
  readonly address: string | null;
  /** Tells that they have gone. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Serves those who ask in turn: tenant by tenant, manager by manager, and those without a good token by the network
 * that they come from.
 * @returns what ends their turn; a promise when they have to wait for it.
 * @throws {GraphQLError} for a {@link TenantBusyError} when they would wait too long: the promise rejects.
 */
export function takeTurn(turns: LoopTurns, asker: Asker): LeaveLoop | Promise<LeaveLoop> {
  const entered = turns.enter(groupOf(asker), asker.signal);
  return entered instanceof Promise ? entered.catch((error) => refuse(error, asker)) : entered;
}

/** No tenant's key contains a colon. */
function groupOf({ grant, address }: Asker): string {
  if (grant !== null) return grant.tenantKey ?? `manager:${grant.userId}`;
  return address === null ? 'network:none' : `network:${turnNetwork(address)}`;
}

function refuse(error: unknown, { signal }: Asker): never {
  // Nobody hears why. Without a cause, because what ended the connection is no failure of ours to be logged.
  if (signal?.aborted) throw new TenantBusyError(1);
  if (!(error instanceof LoopBusyError)) throw error;
  throw refusalOf(error);
}

const refusals = new WeakMap<LoopBusyError, GraphQLError>();

/**
 * The refusal of a request of which nothing was executed, the same one for the same reason. The status is not one at
 * which balancers take a server for ill.
 */
function refusalOf(busy: LoopBusyError): GraphQLError {
  const known = refusals.get(busy);
  if (known) return known;
  const originalError = new TenantBusyError(busy.retryAfterSeconds, { cause: busy });
  const refusal = new GraphQLError('', { originalError, extensions: { http: { status: 429 } } });
  refusals.set(busy, refusal);
  return refusal;
}
