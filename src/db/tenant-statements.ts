import type pg from 'pg';

/** A statement that the application sends repeatedly, with a unique name. */
export interface TenantStatement {
  readonly name: string;
  /** Refers to its values as `$1`, `$2` and so on. */
  readonly text: string;
}

/**
 * Raw statements for a tenant's database that bypass Prisma but use its client's connections and rules. Their results
 * have the driver's types and must be validated.
 */
export interface TenantStatements {
  /**
   * Runs one statement outside of any transaction, prepared unless there is a pooler, and returns its rows.
   * @throws the driver's error, or a refusal of ours; `databaseFailure` names both.
   */
  run(statement: TenantStatement, values: readonly unknown[]): Promise<readonly unknown[]>;
}

/** Creates a tenant's statements over the pool of its client. */
export function createTenantStatements(pool: pg.Pool): TenantStatements {
  return {
    async run(statement, values) {
      return (await pool.query<Record<string, unknown>>({ ...statement, values: [...values] })).rows;
    },
  };
}
