import { GraphQLError } from 'graphql';
import { turnNetwork } from '../auth/login-addresses.ts';
import type { AccessGrant } from '../auth/viewer.ts';
import { type LeaveLoop, LoopBusyError, type LoopTurns } from '../concurrency/loop-turns.ts';
import { TenantBusyError } from '../errors/index.ts';

/** The sender of a request. */
export interface Requester {
  /** The grant of their token; null without a valid token. */
  readonly grant: AccessGrant | null;
  readonly address: string | null;
  /** Aborted when they have gone. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Serves requests in turn: by tenant, by manager, and by network for those without a valid token.
 * @returns the function that ends the turn; a promise of it when the request has to wait.
 * @throws {GraphQLError} for a {@link TenantBusyError} when the wait would be too long: the promise rejects.
 */
export function takeTurn(turns: LoopTurns, requester: Requester): LeaveLoop | Promise<LeaveLoop> {
  const entered = turns.enter(groupOf(requester), requester.signal);
  return entered instanceof Promise ? entered.catch((error) => refuse(error, requester)) : entered;
}

/** No tenant's key contains a colon. */
function groupOf({ grant, address }: Requester): string {
  if (grant !== null) return grant.tenantKey ?? `manager:${grant.userId}`;
  return address === null ? 'network:none' : `network:${turnNetwork(address)}`;
}

function refuse(error: unknown, { signal }: Requester): never {
  // Nobody receives the reason. It has no cause, because a closed connection is not a failure of ours to log.
  if (signal?.aborted) throw new TenantBusyError(1);
  if (!(error instanceof LoopBusyError)) throw error;
  throw refusalOf(error);
}

const refusals = new WeakMap<LoopBusyError, GraphQLError>();

/**
 * The refusal of a request of which nothing was executed; the same object for the same reason. Its status is not one
 * that load balancers take for an unhealthy server.
 */
function refusalOf(busy: LoopBusyError): GraphQLError {
  const known = refusals.get(busy);
  if (known) return known;
  const originalError = new TenantBusyError(busy.retryAfterSeconds, { cause: busy });
  const refusal = new GraphQLError('', { originalError, extensions: { http: { status: 429 } } });
  refusals.set(busy, refusal);
  return refusal;
}
