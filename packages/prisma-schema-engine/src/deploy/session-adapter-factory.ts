import { randomUUID } from 'node:crypto';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { SchemaEngineError } from './errors.ts';
import { openSession, type Session } from './session.ts';
import { type Failures, SessionAdapter, type SessionOptions } from './session-adapter.ts';

/** Gives the engine its session, and shadow databases that exist until {@link dropShadowDatabases}. */
export class SessionAdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  readonly failures: Failures = {};
  readonly #driver: DatabaseDriver;
  readonly #session: Session;
  readonly #connection: DatabaseConnection;
  readonly #options: SessionOptions;
  readonly #shadows: { database: string; session?: Session }[] = [];

  private constructor(
    driver: DatabaseDriver,
    session: Session,
    connection: DatabaseConnection,
    options: SessionOptions,
  ) {
    this.#driver = driver;
    this.#session = session;
    this.#connection = connection;
    this.#options = options;
  }

  /** @throws SchemaEngineError when the database cannot be reached or refuses the user */
  static async open(
    driver: DatabaseDriver,
    connection: DatabaseConnection,
    options: SessionOptions,
  ): Promise<SessionAdapterFactory> {
    const session = await openSession(driver, connection, options.schema);
    return new SessionAdapterFactory(driver, session, connection, options);
  }

  connect(): Promise<SqlDriverAdapter> {
    return this.#adapterFor(this.#session, this.failures);
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const shadow: { database: string; session?: Session } = {
      database: `prisma_migrate_shadow_db_${randomUUID()}`,
    };
    try {
      await this.#session.pool.query(`CREATE DATABASE ${pg.escapeIdentifier(shadow.database)}`);
      this.#shadows.push(shadow);
      shadow.session = await openSession(
        this.#driver,
        { ...this.#connection, database: shadow.database },
        this.#options.schema,
      );
    } catch (error) {
      this.failures.outsideDatabase = shadowDatabaseError(error);
      throw error;
    }
    // A failing script in the shadow database is no failed migration of the database itself.
    return this.#adapterFor(shadow.session, {});
  }

  async dropShadowDatabases(): Promise<void> {
    for (let shadow = this.#shadows.pop(); shadow !== undefined; shadow = this.#shadows.pop()) {
      await shadow.session?.end();
      await this.#session.pool.query(
        `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(shadow.database)} WITH (FORCE)`,
      );
    }
  }

  async close(): Promise<void> {
    try {
      await this.dropShadowDatabases();
    } finally {
      await this.#session.end();
    }
  }

  async #adapterFor(session: Session, failures: Failures): Promise<SqlDriverAdapter> {
    // The server's errors on a checked-out connection reach the running query; the callback only keeps
    // them from ending the process.
    const ignoreConnectionError = () => undefined;
    const base = await this.#driver.connectAdapter(session.pool, {
      schema: this.#options.schema,
      onPoolError: ignoreConnectionError,
      onConnectionError: ignoreConnectionError,
    });
    return new SessionAdapter(base, session, this.#options, failures);
  }
}

function shadowDatabaseError(error: unknown): SchemaEngineError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SchemaEngineError(
    'Prisma Migrate could not create the shadow database. Please make sure the database user has permission ' +
      `to create databases. Read more about the shadow database at https://pris.ly/d/migrate-shadow\n\nOriginal error: ${reason}`,
    'P3014',
    { cause: error },
  );
}
