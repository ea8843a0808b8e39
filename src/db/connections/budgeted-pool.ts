import { setMaxListeners } from 'node:events';
import { setTimeout as delay, setImmediate as nextRound } from 'node:timers/promises';
import pg from 'pg';
import type { ReleaseSlot } from '../../concurrency/fair-slots.ts';
import { BudgetedClient, type BudgetedClientConfig, type Opening } from './budgeted-client.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ConnectionPermit, ConnectionPermits, IdleConnections } from './connection-permits.ts';
import type { NewSession } from './new-session.ts';
import { createPreparedStatements, type PreparedStatements } from './prepared-statements.ts';
import { isFull, isRestarting } from './restarting.ts';
import { leavesUsable, sendStatement, singleStatement } from './single-statement.ts';
import type { StatementNames } from './statement-names.ts';

/** The dependencies of a pool. */
export interface BudgetedPoolOptions {
  readonly settings: pg.PoolConfig;
  /** Checks each new connection before use. */
  readonly admit: (connection: pg.ClientBase) => Promise<NewSession>;
  /** Names the statements that connections prepare, unless they go through a pooler. */
  readonly statementNames: StatementNames;
  readonly acquireSlot: (signal: AbortSignal) => Promise<ReleaseSlot>;
  readonly permits: ConnectionPermits;
  readonly breaker: CircuitBreaker;
  readonly connectMilliseconds: number;
  /** The maximum duration of a statement or transaction: a connection that is held longer hangs. */
  readonly holdMilliseconds: { readonly statement: number; readonly transaction: number };
  /** Turns a failure into a named error. */
  readonly explain: (error: unknown) => unknown;
  readonly onConnectionError: (error: Error) => void;
}

/**
 * The time for which a request waits for a server that is being restarted, so that only requests in progress fail. If
 * it is not back by then, requests are refused immediately, except for probes. The same applies to a server without a
 * free connection: other processes learn of a newly started process with their next heartbeat (see api-processes.ts),
 * and then close its share of connections.
 */
const restartMilliseconds = 2_000;
const restartPollMilliseconds = 50;

/** Short, because a hanging probe keeps a connection from other tenants. */
const probeMilliseconds = 2_000;

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

/** Thrown when a connection was not returned in time. */
class HeldTooLongError extends Error {
  override readonly name = 'HeldTooLongError';
}

/** Thrown when the pool is closed. */
export class PoolClosedError extends Error {
  override readonly name = 'PoolClosedError';
}

/**
 * The driver's pool, under a budget shared with the pools of all tenants. A request for a connection first takes a
 * slot, which it releases with the connection. It then gets one of the pool's own idle connections if there is one;
 * otherwise a new one is opened, which requires a permit.
 */
export class BudgetedPool extends pg.Pool implements IdleConnections {
  readonly #tools: BudgetedPoolOptions;
  readonly #openings: Opening[];
  readonly #closed = new AbortController();
  /**
   * None for a connection to a pooler: PgBouncer before 1.21 doesn't support named statements, and RDS Proxy pins
   * sessions that use them.
   */
  readonly #prepared: WeakMap<pg.ClientBase, PreparedStatements>;
  /** Idle connections that are reserved: the driver hands them out a moment after the request. */
  #promised = 0;
  #ended: Promise<void> | undefined;

  constructor(tools: BudgetedPoolOptions) {
    const openings: Opening[] = [];
    const prepared = new WeakMap<pg.ClientBase, PreparedStatements>();
    const settings: pg.PoolConfig & BudgetedClientConfig = {
      ...tools.settings,
      // Slots and permits limit it, and its own timeout would not include the check.
      max: Number.MAX_SAFE_INTEGER,
      connectionTimeoutMillis: 0,
      Client: BudgetedClient,
      nextOpening: () => openings.shift(),
      onConnect: async (client) => {
        const { isPooled } = await tools.admit(client);
        if (!isPooled) prepared.set(client, createPreparedStatements(client, tools.statementNames));
      },
    };
    super(settings);
    this.#tools = tools;
    this.#openings = openings;
    this.#prepared = prepared;
    // Each request that waits for a slot adds a listener.
    setMaxListeners(0, this.#closed.signal);
    this.on('error', tools.onConnectionError);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    const { statement, transaction } = this.#tools.holdMilliseconds;
    if (!callback) return this.#checkOut(transaction);
    // Only `query` calls it this way, for a single statement.
    this.#checkOut(statement).then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  /** Runs a single statement outside of any transaction, prepared if it has a name or is frequent. */
  override query<T extends pg.Submittable>(statement: T): T;
  override query<R extends unknown[], I = unknown[]>(
    statement: pg.QueryArrayConfig<I>,
    values?: I,
  ): Promise<pg.QueryArrayResult<R>>;
  override query<R extends pg.QueryResultRow, I = unknown[]>(
    statement: string | pg.QueryConfig<I>,
    values?: I,
  ): Promise<pg.QueryResult<R>>;
  override query(...given: unknown[]): unknown;
  override query(...given: unknown[]): unknown {
    const statement = singleStatement(given);
    return statement ? this.#run(statement) : Reflect.apply(super.query, this, given);
  }

  /** Closes the pool: waiting requests are refused, and connections in use may finish. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#ended ??= this.#finish();
    if (!callback) return this.#ended;
    void this.#ended.then(callback);
    return undefined;
  }

  spareCount(): number {
    return this.idleCount - this.#promised;
  }

  endOne(begun: () => void): void {
    this.#promised++;
    super.connect((_error, client) => {
      this.#promised--;
      client?.release(true);
      begun();
    });
  }

  async #run(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    const client = await this.#checkOut(this.#tools.holdMilliseconds.statement);
    // A connection that dies also fails its statement.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      const result = await sendStatement(client, statement, this.#prepared.get(client) ?? null);
      client.release();
      return result;
    } catch (error) {
      client.release(leavesUsable(error) ? undefined : true);
      throw error;
    } finally {
      client.off('error', ignore);
    }
  }

  async #finish(): Promise<void> {
    this.#closed.abort(new PoolClosedError('Thrown when the pool is closed.'));
    // The driver would never answer requests that are just being handed an idle connection.
    await nextRound();
    await super.end();
    this.#tools.permits.forget(this);
  }

  async #checkOut(holdMilliseconds: number): Promise<pg.PoolClient> {
    try {
      // Idle connections are known to work; only a new one has to query the database.
      if (this.spareCount() === 0) this.#tools.breaker.assertMayTry();
      const releaseSlot = await this.#tools.acquireSlot(this.#closed.signal);
      try {
        return this.#lend(await this.#obtain(), releaseSlot, holdMilliseconds);
      } catch (error) {
        releaseSlot();
        throw error;
      }
    } catch (error) {
      throw this.#tools.explain(error);
    }
  }

  async #obtain(): Promise<pg.PoolClient> {
    const { permits, breaker } = this.#tools;
    this.#closed.signal.throwIfAborted();
    if (this.spareCount() > 0) {
      this.#promised++;
      return this.#takePromised();
    }
    const permit = await permits.take(this, () => this.#promised++);
    if (permit === null) return this.#takePromised();
    let begun = false;
    try {
      this.#closed.signal.throwIfAborted();
      return await breaker.run((isProbe) => {
        begun = true;
        return isProbe ? this.#open(permit, probeMilliseconds) : this.#openPatiently(permit);
      });
    } finally {
      if (!begun) permit.free();
    }
  }

  #takePromised(): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      super.connect((error, client) => {
        this.#promised--;
        if (client) resolve(client);
        else reject(error);
      });
    });
  }

  /** Opens a connection, and retries for a while when the server is restarting or full. */
  async #openPatiently(first: ConnectionPermit): Promise<pg.PoolClient> {
    const began = performance.now();
    const mayPass = (error: unknown) => isRestarting(error) || isFull(error);
    for (let permit: ConnectionPermit | null = first; ; ) {
      if (permit === null) return this.#takePromised();
      try {
        return await this.#open(permit, this.#tools.connectMilliseconds);
      } catch (error) {
        const isOver = performance.now() >= began + restartMilliseconds || this.#closed.signal.aborted;
        if (!mayPass(error) || isOver) throw error;
        await delay(restartPollMilliseconds);
        permit = await this.#tools.permits.take(this, () => this.#promised++);
      }
    }
  }

  async #open(permit: ConnectionPermit, milliseconds: number): Promise<pg.PoolClient> {
    const opening: Opening = { permit };
    const cut = () => opening.client?.connection.stream.destroy();
    const timer = setTimeout(cut, Math.min(milliseconds, this.#tools.connectMilliseconds));
    try {
      this.#openings.push(opening);
      return await new Promise((resolve, reject) => {
        super.connect((error, client) => (client ? resolve(client) : reject(error)));
      });
    } catch (error) {
      if (opening.client) {
        // A failed handshake would leave its socket open.
        cut();
      } else {
        this.#openings.splice(this.#openings.indexOf(opening), 1);
        opening.permit.free();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #lend(client: pg.PoolClient, releaseSlot: ReleaseSlot, holdMilliseconds: number): pg.PoolClient {
    const { permits, breaker } = this.#tools;
    const returnToPool = client.release;
    let lent = true;
    const release = (error?: Error | boolean) => {
      if (!lent) return;
      lent = false;
      clearTimeout(timer);
      returnToPool(error);
      if (this.spareCount() > 0) permits.becameIdle(this);
      releaseSlot();
    };
    const timer = setTimeout(() => {
      const error = new HeldTooLongError(`A connection was not returned for ${holdMilliseconds} ms.`);
      breaker.failed(error, holdMilliseconds);
      client.connection.stream.destroy();
      release(error);
      this.#tools.onConnectionError(error);
    }, holdMilliseconds);
    timer.unref();
    client.release = release;
    return client;
  }
}
