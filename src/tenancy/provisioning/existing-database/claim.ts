import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../../../config/datasource.ts';
import { withConnection } from '../../../db/with-connection.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import { type SignInFailure, trySignIn } from './sign-in-trial.ts';

const claimSchema = z.array(z.object({ mark: z.string().nullable() }));

/**
 * Reads whose the schema `sys` is, the first thing that a tenant makes in a database: null when nobody has said so,
 * undefined when there is no such schema. Roles that an operator has made can't bear the tenant's mark.
 */
async function readClaim(client: pg.Client): Promise<string | null | undefined> {
  const { rows } = await client.query(
    `SELECT obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace WHERE nspname = 'sys'`,
  );
  return claimSchema.parse(rows)[0]?.mark;
}

/** Claims an empty database for the tenant with that mark. @throws {ProvisioningError} when somebody else was faster. */
export async function claimDatabase(owner: Datasource, mark: string): Promise<void> {
  await withConnection(owner, async (client) => {
    const found = await readClaim(client);
    if (found === mark) return;
    if (found !== undefined) {
      throw new ProvisioningError(`The database ${owner.database} was taken for something else meanwhile.`);
    }
    // One simple query is one transaction.
    await client.query(`CREATE SCHEMA sys; COMMENT ON SCHEMA sys IS ${pg.escapeLiteral(mark)}`);
  });
}

/**
 * Drops what a tenant has made in a database, if it bears the tenant's mark: the owner's schemas, and Prisma's record of
 * migrations.
 * @param inspect looks at the database before, and throws if it has to stay.
 * @returns false if the owner can't sign in any more, or there is no such database.
 */
export async function dropClaimed(
  owner: Datasource,
  mark: string,
  inspect: (client: pg.Client) => Promise<void>,
): Promise<boolean> {
  const trial = await trySignIn(owner, async (client) => {
    if ((await readClaim(client)) !== mark) return;
    await inspect(client);
    const { rows } = await client.query(ownSchemasStatement);
    const schemas = namesSchema.parse(rows).map(({ name }) => name);
    // One simple query is one transaction.
    await client.query(
      [
        ...(schemas.length > 0 ? [`DROP SCHEMA ${schemas.join(', ')} CASCADE`] : []),
        'DROP TABLE IF EXISTS public._prisma_migrations',
      ].join(';\n'),
    );
  });
  if (trial.failure === null) return true;
  if (givenUp.includes(trial.failure)) return false;
  throw new ProvisioningError(`${owner.user} can't sign in to ${owner.database}: ${trial.reason}`);
}

/** The database was empty when it was claimed. */
const ownSchemasStatement = String.raw`
  SELECT format('%I', nspname) AS name FROM pg_namespace
  WHERE pg_get_userbyid(nspowner) = current_user AND nspname <> 'public' AND nspname NOT LIKE 'pg\_%'`;

/** The operator has taken back what they had given. */
const givenUp: readonly SignInFailure[] = ['refused', 'not-admitted', 'no-database', 'no-access', 'closed'];

const namesSchema = z.array(z.object({ name: z.string() }));
