import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { NoSlotError } from '../../concurrency/fair-slots.ts';
import { parseDatasourceUrl } from '../../config/datasource.ts';
import {
  ServiceUnavailableError,
  TenantBusyError,
  TenantMismatchError,
  TenantUnavailableError,
} from '../../errors/index.ts';
import { type ConnectionLimits, poolSettings } from '../pool-settings.ts';
import { MarkerMismatch, type TenantIdentity } from '../tenant-marker.ts';
import { UnusableServerError } from '../unusable-server-error.ts';
import { BudgetedPool, PoolClosedError } from './budgeted-pool.ts';
import {
  type CircuitBreaker,
  CircuitOpenError,
  type CircuitState,
  createCircuitBreaker,
  databaseCircuit,
} from './circuit-breaker.ts';
import { ConnectionRefusal } from './connection-refusal.ts';
import { admitSession } from './new-session.ts';
import { type BudgetOptions, createServerBudgets } from './server-budgets.ts';
import { createStatementNames } from './statement-names.ts';

/** Whose database is opened, and where it is. */
export interface TenantTarget {
  readonly tenant: TenantIdentity;
  /** Holds the password: never log it. */
  readonly datasourceUrl: string;
}

/** What all connections of a process have in common. */
export interface TenantConnectionsOptions {
  /** Connections to one server that may be open at once, for all tenants together; what it allows by default. */
  readonly budget?: number | undefined;
  /** See {@link BudgetOptions}. */
  readonly central?: BudgetOptions['central'];
  /** Seconds to wait for a connection, and again for a new one to open. */
  readonly timeoutSeconds: number;
  /**
   * The owner of the limits that sessions get: `role` for servers, so that all sessions of the tenant's role have them,
   * also behind a pooler; `session` for a script, whose limits are not the plan's and which connects directly.
   */
  readonly limitsBelongTo: 'role' | 'session';
  /** Accepts a database that says of no tenant that it is theirs, as older versions left it; false by default. */
  readonly acceptsUnmarked?: boolean;
  /** Hears of connections that die outside of any query. */
  readonly onConnectionError: (error: Error) => void;
  /** Hears of each connection that turned out to be to a wrong database. */
  readonly onMismatch: (mismatch: MarkerMismatch) => void;
}

/** The current state of a process's connections, for all tenants and servers together. */
export interface ConnectionStatistics {
  /** Of all servers that were asked for. */
  readonly budget: number;
  /** Connections opening, open or ending. */
  readonly open: number;
  readonly inUse: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  /** Refused as busy since the start. */
  readonly busyRefusals: number;
  /** Connections to wrong databases since the start. */
  readonly mismatches: number;
  /** Tenants whose breaker is in that state; those that were not asked for are `closed` and not counted. */
  readonly breakers: Readonly<Record<CircuitState, number>>;
}

/** Opens pools for tenants' databases under one budget. */
export interface TenantConnections {
  /** Makes the pool of a tenant's database. It opens nothing before it is asked for a connection. */
  createPool(target: TenantTarget, limits: ConnectionLimits): pg.Pool;
  /** Hears how many processes share the servers, this one included. */
  share(processes: number): void;
  statistics(): ConnectionStatistics;
}

/** What is known of a tenant's database, whichever pools there are. */
interface Account {
  readonly datasourceUrl: string;
  readonly breaker: CircuitBreaker;
  /** The newest pool's: the plan may have changed. */
  concurrency: number;
}

/** Memory for all accounts together: room for some 10,000. */
const accountsBytes = 16 * 1_024 * 1_024;

/** The approximate size of an account without its URL; most of it is the breaker. */
const accountBytes = 1_000;

/** A transaction of ours may take so long (see identity-lock.ts), whatever its statements may. */
const longestTransactionMilliseconds = 15_000;

/** For the way to the server and back. */
const graceMilliseconds = 2_000;

/** Slots change hands every few milliseconds; a client that comes back sooner finds the same crowd. */
const busyRetrySeconds = 1;

/** Makes the connections of one process. */
export function createTenantConnections(options: TenantConnectionsOptions): TenantConnections {
  const servers = createServerBudgets({ bound: options.budget, central: options.central });
  const statementNames = createStatementNames();
  const { limitsBelongTo, acceptsUnmarked = false } = options;
  const accounts = new LRUCache<string, Account>({
    maxSize: accountsBytes,
    sizeCalculation: ({ datasourceUrl }, tenantKey) => accountBytes + datasourceUrl.length + tenantKey.length,
  });
  let busyRefusals = 0;
  let mismatches = 0;

  function accountOf({ tenant, datasourceUrl }: TenantTarget, { concurrency }: ConnectionLimits): Account {
    const known = accounts.get(tenant.tenantKey);
    if (known?.datasourceUrl === datasourceUrl) {
      known.concurrency = concurrency;
      return known;
    }
    // What failed at another permit says nothing of this one.
    const account = { datasourceUrl, breaker: createCircuitBreaker(databaseCircuit), concurrency };
    accounts.set(tenant.tenantKey, account);
    return account;
  }

  function explain(error: unknown): unknown {
    if (error instanceof NoSlotError) {
      busyRefusals++;
      return new ConnectionRefusal(new TenantBusyError(busyRetrySeconds, { cause: error }));
    }
    if (error instanceof MarkerMismatch) {
      mismatches++;
      options.onMismatch(error);
      return new ConnectionRefusal(new TenantMismatchError({ cause: error }));
    }
    if (error instanceof CircuitOpenError) {
      const { cause, retryAfterSeconds: retryAfter } = error;
      return new ConnectionRefusal(
        cause instanceof MarkerMismatch
          ? new TenantMismatchError({ cause })
          : new TenantUnavailableError({ retryAfter, cause }),
      );
    }
    if (error instanceof PoolClosedError) {
      return new ConnectionRefusal(new ServiceUnavailableError({ cause: error }));
    }
    // No statement has been sent yet: whatever the error says, the server refused the connection.
    if (error instanceof pg.DatabaseError || error instanceof UnusableServerError) {
      return new ConnectionRefusal(new TenantUnavailableError({ cause: error }));
    }
    return error;
  }

  return {
    createPool(target, limits) {
      const { tenant } = target;
      const account = accountOf(target, limits);
      const datasource = parseDatasourceUrl(target.datasourceUrl);
      const server = servers.of(datasource);
      const statementMilliseconds = limits.statementTimeoutSeconds * 1_000;
      return new BudgetedPool({
        settings: poolSettings(datasource, limits),
        admit: async (connection) => {
          const session = await admitSession(connection, {
            tenant,
            datasource,
            limits,
            limitsBelongTo,
            acceptsUnmarked,
          });
          if (session.allowance !== null) server.learn(session.allowance);
          return session;
        },
        statementNames,
        acquireSlot: (signal) =>
          server.slots.acquire({
            group: tenant.tenantKey,
            limit: account.concurrency,
            waitMilliseconds: options.timeoutSeconds * 1_000,
            signal,
          }),
        permits: server.permits,
        breaker: account.breaker,
        connectMilliseconds: options.timeoutSeconds * 1_000,
        holdMilliseconds: {
          statement: statementMilliseconds + graceMilliseconds,
          transaction: Math.max(statementMilliseconds, longestTransactionMilliseconds) + graceMilliseconds,
        },
        explain,
        onConnectionError: options.onConnectionError,
      });
    },

    share: (processes) => servers.share(processes),

    statistics() {
      const breakers = { closed: 0, open: 0, 'half-open': 0 };
      for (const { breaker } of accounts.values()) breakers[breaker.state()]++;
      return {
        ...servers.statistics(),
        busyRefusals,
        mismatches,
        breakers,
      };
    },
  };
}
