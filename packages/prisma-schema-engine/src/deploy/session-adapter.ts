import {
  ColumnTypeEnum,
  type ConnectionInfo,
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { ADVISORY_LOCK_STATEMENT, takeAdvisoryLock } from './advisory-lock.ts';
import { SchemaEngineError } from './errors.ts';
import type { Session } from './session.ts';

/** Failures that the engine cannot carry through its own errors, kept for whoever called the engine. */
export interface Failures {
  /** The reason why a query failed outside the database: a lock not obtained, a connection lost. */
  outsideDatabase?: SchemaEngineError;
  /** The database's answer to the last script that failed. */
  script?: pg.DatabaseError;
}

export interface SessionOptions {
  /** The schema in which unqualified names are looked up and created. */
  readonly schema: string;
  /** The longest wait for another process that is migrating the same database. */
  readonly lockWaitMilliseconds: number | 'never-lock';
  /** Reads as ever, and leaves undone what would change the database. */
  readonly dryRun: boolean;
}

/**
 * The engine's view of one session: @prisma/adapter-pg, except for the type `"char"`, for the advisory
 * lock (its wait is bounded) and for scripts (the base adapter splits them at every `;`, also inside strings
 * and function bodies).
 */
export class SessionAdapter implements SqlDriverAdapter {
  readonly provider: SqlDriverAdapter['provider'];
  readonly adapterName: string;
  readonly #base: SqlDriverAdapter;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #failures: Failures;

  constructor(base: SqlDriverAdapter, session: Session, options: SessionOptions, failures: Failures) {
    this.provider = base.provider;
    this.adapterName = base.adapterName;
    this.#base = base;
    this.#session = session;
    this.#options = options;
    this.#failures = failures;
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#noting(this.#queryRaw(query));
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    if (this.#options.dryRun) return 0;
    return this.#noting(
      query.sql === ADVISORY_LOCK_STATEMENT ? this.#takeAdvisoryLock() : this.#base.executeRaw(query),
    );
  }

  /** Sends the whole script as one message: PostgreSQL runs it in one transaction unless it says otherwise. */
  async executeScript(script: string): Promise<void> {
    if (this.#options.dryRun) return;
    await this.#noting(this.#executeScript(script));
  }

  startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    return this.#noting(this.#base.startTransaction(isolationLevel));
  }

  getConnectionInfo(): ConnectionInfo {
    return this.#base.getConnectionInfo?.() ?? { supportsRelationJoins: true };
  }

  dispose(): Promise<void> {
    return this.#base.dispose();
  }

  async #queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const result = await this.#base.queryRaw(query);
    const charColumns = this.#session.newestCharColumns();
    const columnTypes = result.columnTypes.map((type, position) =>
      charColumns.includes(position) ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  }

  async #takeAdvisoryLock(): Promise<number> {
    const { lockWaitMilliseconds } = this.#options;
    if (lockWaitMilliseconds !== 'never-lock')
      await takeAdvisoryLock(this.#session.pool, lockWaitMilliseconds);
    return 0;
  }

  async #executeScript(script: string): Promise<void> {
    try {
      await this.#session.pool.query(script);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      this.#failures.script = error;
      throw new DriverAdapterError({
        kind: 'postgres',
        code: error.code ?? '',
        severity: error.severity ?? 'ERROR',
        message: error.message,
        detail: error.detail,
        column: error.column,
        hint: error.hint,
      });
    }
  }

  /** An error of another class than the adapter's own reaches the engine without its message. */
  async #noting<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DriverAdapterError)) this.#failures.outsideDatabase = describe(error);
      throw error;
    }
  }
}

function describe(error: unknown): SchemaEngineError {
  if (error instanceof SchemaEngineError) return error;
  return new SchemaEngineError(error instanceof Error ? error.message : String(error), 'P1017', {
    cause: error,
  });
}
