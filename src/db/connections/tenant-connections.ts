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

/** The tenant whose database is opened, and its URL. */
export interface TenantTarget {
  readonly tenant: TenantIdentity;
  /** Holds the password: never log it. */
  readonly datasourceUrl: string;
}

/** The settings of all connections of a process. */
export interface TenantConnectionsOptions {
  /**
   * The maximum number of open connections to one server, for all tenants together; by default, what the server allows.
   */
  readonly budget?: number | undefined;
  /** See {@link BudgetOptions}. */
  readonly central?: BudgetOptions['central'];
  /** The seconds to wait for a connection, and again for a new one to open. */
  readonly timeoutSeconds: number;
  /**
   * The owner of the limits: `role` for servers, so that all sessions of the tenant's role have them, even behind a
   * pooler; `session` for a script, which connects directly and has limits other than the plan's.
   */
  readonly limitsBelongTo: 'role' | 'session';
  /** Accepts a database without a marker, as older versions created it; false by default. */
  readonly acceptsUnmarked?: boolean;
  /** Called when a connection dies outside of any query. */
  readonly onConnectionError: (error: Error) => void;
  /** Called for each connection to a wrong database. */
  readonly onMismatch: (mismatch: MarkerMismatch) => void;
}

/** The current state of a process's connections, for all tenants and servers together. */
export interface ConnectionStatistics {
  /** For all servers in use. */
  readonly budget: number;
  /** Connections opening, open or ending. */
  readonly open: number;
  readonly inUse: number;
  /** Requests waiting for a connection. */
  readonly waiting: number;
  /** Requests refused as busy since the start. */
  readonly busyRefusals: number;
  /** Connections to wrong databases since the start. */
  readonly mismatches: number;
  /** The number of tenants by the state of their breaker; unused tenants are `closed` and not counted. */
  readonly breakers: Readonly<Record<CircuitState, number>>;
}

/** Opens pools for tenants' databases under one budget. */
export interface TenantConnections {
  /** Creates the pool of a tenant's database. It opens connections only on demand. */
  createPool(target: TenantTarget, limits: ConnectionLimits): pg.Pool;
  /** Hears how many processes share the servers, this one included. */
  share(processes: number): void;
  statistics(): ConnectionStatistics;
}

/** The state of a tenant's database, which outlives its pools. */
interface Account {
  readonly datasourceUrl: string;
  readonly breaker: CircuitBreaker;
  /** That of the newest pool, because the plan may have changed. */
  concurrency: number;
}

/** Memory for all accounts together: room for some 10,000. */
const accountsBytes = 16 * 1_024 * 1_024;

/** The approximate size of an account without its URL; most of it is the breaker. */
const accountBytes = 1_000;

/** The maximum duration of a transaction (see identity-lock.ts), whatever its statements may take. */
const longestTransactionMilliseconds = 15_000;

/** For the round trip. */
const graceMilliseconds = 2_000;

/** Slots are freed every few milliseconds, but a client that retries sooner would find the same queue. */
const busyRetrySeconds = 1;

/** Creates the connections of one process. */
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
    // A failure to get a permit doesn't affect the breaker.
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
    // No statement has been sent yet, so whatever the error is, the server refused the connection.
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
