import type pg from 'pg';

/** The collation for names in every database: ICU's language-neutral one. */
const orderOfNames = 'und-x-icu';

/** Thrown when a server has no ICU. The message is for operators. */
export class MissingCollationError extends Error {
  override readonly name = 'MissingCollationError';

  constructor() {
    super(
      `The PostgreSQL server has no collation ${orderOfNames}, which is needed to sort and search names: it was built without ICU. Use a build with ICU, such as those of Linux distributions, container images and cloud providers.`,
    );
  }
}

/** Asserts that the collations used by migrations exist. @throws {MissingCollationError} */
export async function assertCollations(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_collation WHERE collname = $1', [orderOfNames]);
  if (rows.length === 0) throw new MissingCollationError();
}
