import type pg from 'pg';

/** A statement that the application sends again and again; its name says which one it is, and no other has it. */
export interface TenantStatement {
  readonly name: string;
  /** Refers to its values as `$1`, `$2` and so on. */
  readonly text: string;
}

/**
 * Statements that go to a tenant's database as they are, past Prisma, on the connections and by the rules of its
 * client. What they return has the driver's types, and is to be validated.
 */
export interface TenantStatements {
  /**
   * Runs one statement outside of any transaction, prepared unless there is a pooler in between, and returns its rows.
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
