import pg from 'pg';
import { type Datasource, serverOf } from '../../../config/datasource.ts';
import { poolable } from '../../../db/with-connection.ts';
import { type Claim, type DatabaseFacts, readDatabaseFacts } from './database-facts.ts';
import { describeDatabase, describePowers, describeRemarks } from './fact-findings.ts';
import { type Finding, unmendable } from './finding.ts';
import { describeSignIn } from './sign-in-findings.ts';
import { type SignInTrial, trySignIn } from './sign-in-trial.ts';
import type { ProvidedNames } from './statements.ts';

/** An existing database, and how its two roles sign in to it. */
export interface ExistingDatabase {
  /** The role that requests sign in as, at the server itself. */
  readonly application: Datasource;
  /** The same where requests go, which may be a pooler. */
  readonly serving: Datasource;
  /** The role that migrations sign in as. */
  readonly owner: Datasource;
}

/** The findings about an existing database. */
export interface Readiness {
  /** Faults to be mended before the database can be used. */
  readonly missing: readonly Finding[];
  /** Faults that are better mended, though nothing depends on it. */
  readonly remarks: readonly Finding[];
}

/** The role that a session has signed in as, and the one whose rights it has. */
interface Sighting {
  readonly signedInAs: string;
  readonly actsAs: string;
  readonly facts: DatabaseFacts;
}

/**
 * Looks at an existing database as both of its roles, and changes nothing. Everything that is missing is found at once,
 * as far as it can be seen: what can't be signed in to is looked at again once it can be.
 */
export async function examineDatabase(existing: ExistingDatabase, claim: Claim): Promise<Readiness> {
  const names = namesOf(existing);
  const look = (client: pg.Client) => sight(client, names, claim.otherRoles);
  const [owner, application] = [
    await trySignIn(existing.owner, look),
    await trySignIn(existing.application, look),
  ];
  const facts = owner.seen?.facts ?? application.seen?.facts ?? null;
  const missing = [
    ...describeSignIn(names, { owner, application }, facts),
    ...[owner, application].flatMap((trial) => describeActing(names, trial)),
    ...(await describeServing(existing, application)),
    ...(facts ? [...describeDatabase(names, facts, claim), ...describePowers(names, facts)] : []),
  ];
  return { missing, remarks: facts ? describeRemarks(names, facts) : [] };
}

/** The names of an existing database and its roles. */
function namesOf({ owner, application }: Pick<ExistingDatabase, 'owner' | 'application'>): ProvidedNames {
  return { database: owner.database, owner: owner.user, application: application.user };
}

async function sight(
  client: pg.Client,
  names: ProvidedNames,
  otherRoles: readonly string[],
): Promise<Sighting> {
  const { rows } = await client.query<Pick<Sighting, 'signedInAs' | 'actsAs'>>(
    'SELECT session_user::text AS "signedInAs", current_user::text AS "actsAs"',
  );
  const [session = { signedInAs: '', actsAs: '' }] = rows;
  return { ...session, facts: await readDatabaseFacts(client, names, otherRoles) };
}

/** Privileges are given to the role of the record. A session that acts as another one has that one's. */
function describeActing(names: ProvidedNames, { seen }: SignInTrial<Sighting>): Finding[] {
  if (!seen || seen.actsAs === seen.signedInAs) return [];
  const { signedInAs, actsAs } = seen;
  const role = pg.escapeIdentifier(signedInAs);
  const database = pg.escapeIdentifier(names.database);
  return [
    {
      problem: `Signed in as ${signedInAs}, a session acts as ${actsAs}.`,
      statements: [
        `ALTER ROLE ${role} RESET role;`,
        `ALTER ROLE ${role} IN DATABASE ${database} RESET role;`,
      ],
      runBy: `${signedInAs} itself, a superuser, or a role with CREATEROLE`,
      database: null,
    },
  ];
}

/** A sign-in that fails at the server itself fails behind a pooler for the same reason, which has been told. */
async function describeServing(
  { serving, application }: ExistingDatabase,
  direct: SignInTrial<unknown>,
): Promise<Finding[]> {
  if (serving.host === application.host && serving.port === application.port) return [];
  if (direct.failure !== null && direct.failure !== 'no-access') return [];
  const trial = await trySignIn({ ...serving, ...poolable }, (client) => client.query('SELECT'));
  if (trial.failure === null || trial.failure === 'no-access') return [];
  return [
    unmendable(`At ${serverOf(serving)}, where requests go, ${serving.user} can't sign in: ${trial.reason}`),
  ];
}
