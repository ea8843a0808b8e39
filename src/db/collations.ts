import type pg from 'pg';

/** The order of names in every database, which comes with ICU and is no country's. */
const orderOfNames = 'und-x-icu';

/** A server has no ICU. The message is for operators. */
export class MissingCollationError extends Error {
  override readonly name = 'MissingCollationError';

  constructor() {
    super(
      `The PostgreSQL server has no collation ${orderOfNames}, which names are ordered and searched by: it was built without ICU. Use one with ICU, as Linux distributions, container images and cloud providers have it.`,
    );
  }
}

/** Asserts that migrations will find the collations that they use. @throws {MissingCollationError} */
export async function assertCollations(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_collation WHERE collname = $1', [orderOfNames]);
  if (rows.length === 0) throw new MissingCollationError();
}
