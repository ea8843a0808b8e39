import { PrismaPg } from '@prisma/adapter-pg';
import type {
  ArgType,
  IsolationLevel,
  SqlDriverAdapter,
  SqlQuery,
  SqlQueryable,
} from '@prisma/driver-adapter-utils';
import type pg from 'pg';
import { z } from 'zod';
import { withExactDecimals } from './exact-decimals.ts';
import { writeMoment } from './exact-moments.ts';

/**
 * Prisma's adapter, except that it writes each timestamp with its UTC offset (without one, PostgreSQL interprets it in the
 * session's time zone) and reads the decimals of related rows with all their digits. The client handles the offsets of
 * timestamps that are read (see database-client.ts).
 */
export class AdapterFactory extends PrismaPg {
  override async connect() {
    const adapter = exactly(await super.connect());
    const startTransaction: SqlDriverAdapter['startTransaction'] = adapter.startTransaction.bind(adapter);
    return Object.assign(adapter, {
      // Always explicit, whatever `default_transaction_isolation` is: after waiting for a lock, a transaction must see
      // what was committed in the meantime.
      startTransaction: async (isolationLevel: IsolationLevel = 'READ COMMITTED') =>
        exactly(await startTransaction(isolationLevel)),
    });
  }
}

/** Listeners for connections that fail while idle or in a transaction. */
export interface ErrorListeners {
  readonly onPoolError?: (error: Error) => void;
  readonly onConnectionError?: (error: Error) => void;
}

/**
 * Ends its pool together with the client, and opens another one when the client is used again. By default, the library
 * would then open its own pool, without what `openPool` sets up.
 */
export class PooledAdapterFactory extends AdapterFactory {
  readonly #openPool: () => pg.Pool;
  readonly #listeners: ErrorListeners;
  #pool: pg.Pool;

  constructor(openPool: () => pg.Pool, listeners: ErrorListeners = {}, pool = openPool()) {
    super(pool, listeners);
    this.#listeners = listeners;
    this.#pool = pool;
    this.#openPool = openPool;
  }

  override async connect() {
    if (this.#pool.ending) this.#pool = this.#openPool();
    const pool = this.#pool;
    const adapter = await new AdapterFactory(pool, this.#listeners).connect();
    return Object.assign(adapter, { dispose: () => pool.end() });
  }
}

function exactly<T extends SqlQueryable>(queryable: T): T {
  const queryRaw = queryable.queryRaw.bind(queryable);
  const executeRaw = queryable.executeRaw.bind(queryable);
  return Object.assign(queryable, {
    queryRaw: (query: SqlQuery) =>
      queryRaw(withExactMoments({ ...query, sql: withExactDecimals(query.sql) })),
    executeRaw: (query: SqlQuery) => executeRaw(withExactMoments(query)),
  });
}

/** The types of a date or a time of day, which the adapter itself writes without an offset. */
const withoutMoment = new Set(['DATE', 'TIME', 'TIMETZ']);

const isMoment = ({ scalarType, dbType = '' }: ArgType) =>
  scalarType === 'datetime' && !withoutMoment.has(dbType);

/** The type of a formatted timestamp: the adapter leaves strings as they are. */
const writtenType = { scalarType: 'string', arity: 'scalar' } satisfies ArgType;

function withExactMoments(query: SqlQuery): SqlQuery {
  if (!query.argTypes.some(isMoment)) return query;
  return {
    ...query,
    args: query.args.map((value, position) =>
      query.argTypes[position] && isMoment(query.argTypes[position]) ? written(value) : value,
    ),
    argTypes: query.argTypes.map((type) => (isMoment(type) ? { ...writtenType, arity: type.arity } : type)),
  };
}

const momentSchema = z.coerce.date();

function written(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  return Array.isArray(value) ? value.map(written) : writeMoment(momentSchema.parse(value));
}
