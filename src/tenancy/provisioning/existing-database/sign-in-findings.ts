import pg from 'pg';
import type { DatabaseFacts } from './database-facts.ts';
import { administrators, type Finding, unmendable } from './finding.ts';
import { setUpScript } from './set-up-script.ts';
import type { SignInFailure, SignInTrial } from './sign-in-trial.ts';
import { createDatabase, createRole, type ProvidedNames, setPassword } from './statements.ts';

const { escapeIdentifier } = pg;

type Failed = Extract<SignInTrial<unknown>, { readonly seen: null }>;

/** Says why the roles can't sign in, and how to mend it. */
export function describeSignIn(
  names: ProvidedNames,
  { owner, application }: Readonly<Record<'owner' | 'application', SignInTrial<unknown>>>,
  facts: DatabaseFacts | null,
): Finding[] {
  if (owner.failure !== null && application.failure !== null) {
    if (owner.failure === application.failure && concernsBoth.includes(owner.failure)) {
      return [describeForBoth(names, owner)];
    }
    if (owner.failure === 'refused' && application.failure === 'refused') {
      return [
        {
          problem: `Neither role can sign in (${owner.reason}; ${application.reason}), so nothing else could be looked at. This creates whatever does not exist, and asks for both passwords again:`,
          statements: setUpScript(names).split('\n'),
          // The script says who.
          runBy: null,
          database: null,
        },
      ];
    }
  }
  return [
    ...(owner.failure === null ? [] : describeFailure(names, names.owner, owner, facts)),
    // The owner lets the application in.
    ...(application.failure === null || (application.failure === 'no-access' && facts?.ownerOwnsDatabase)
      ? []
      : describeFailure(names, names.application, application, facts)),
  ];
}

const concernsBoth: readonly SignInFailure[] = ['no-database', 'closed', 'pooler', 'other'];

function describeForBoth(names: ProvidedNames, { failure, reason }: Failed): Finding {
  const database = escapeIdentifier(names.database);
  switch (failure) {
    case 'no-database':
      return {
        problem: `There is no database ${names.database}.`,
        statements: [createDatabase(names)],
        runBy: `a superuser, or a role with CREATEDB that is a member of ${names.owner}`,
        database: null,
      };
    case 'closed':
      return {
        problem: `The database ${names.database} lets nobody in.`,
        statements: [`ALTER DATABASE ${database} ALLOW_CONNECTIONS true;`],
        runBy: 'its owner, or a superuser',
        database: null,
      };
    case 'pooler':
      return unmendable(
        `What answers may be a connection pooler (${reason}): name the server itself with --db-direct-host.`,
      );
    default:
      return unmendable(`The database can't be reached: ${reason}`);
  }
}

function describeFailure(
  names: ProvidedNames,
  role: string,
  failed: Failed,
  facts: DatabaseFacts | null,
): Finding[] {
  const { failure, reason } = failed;
  switch (failure) {
    case 'refused':
    case 'not-admitted':
      return [describeRefusal(role, failed, facts)];
    case 'no-access':
      return [
        {
          problem: `The role ${role} may not connect to the database ${names.database}.`,
          statements: [
            `GRANT CONNECT ON DATABASE ${escapeIdentifier(names.database)} TO ${escapeIdentifier(role)};`,
          ],
          runBy: 'its owner, or a superuser',
          database: null,
        },
      ];
    case 'unsafe':
      return [
        {
          problem: `${role} can't sign in: ${reason} Its stored password may be an MD5 hash, or pg_hba.conf asks for "password".`,
          statements: setPassword(role),
          runBy: `${role} itself, a superuser, or a role with CREATEROLE`,
          database: null,
        },
      ];
    case 'no-database':
    case 'closed':
    case 'pooler':
    case 'other': {
      const { problem, ...rest } = describeForBoth(names, failed);
      return [{ ...rest, problem: `As ${role}: ${problem}` }];
    }
  }
}

/** The other role's session shows what a refusal is about; the server tells strangers nothing. */
function describeRefusal(role: string, { failure, reason }: Failed, facts: DatabaseFacts | null): Finding {
  const found = facts?.roles.get(role);
  const name = escapeIdentifier(role);
  const finding = (problem: string, statements: readonly string[]): Finding => ({
    problem,
    statements,
    runBy: administrators.roles,
    database: null,
  });
  if (facts && !found) {
    return finding(`There is no role ${role}.`, [createRole(role), ...setPassword(role)]);
  }
  if (found && !found.canSignIn) {
    return finding(`The role ${role} may not sign in.`, [`ALTER ROLE ${name} LOGIN;`]);
  }
  if (found?.isExpired) {
    return finding(`The password of ${role} has expired.`, [`ALTER ROLE ${name} VALID UNTIL 'infinity';`]);
  }
  if (failure === 'not-admitted') {
    return finding(
      `${role} can't sign in: ${reason}. Either pg_hba.conf has to let it in from here, with TLS or without as --db-sslmode says, or the role has to be allowed to sign in.`,
      found ? [] : [createRole(role), `ALTER ROLE ${name} LOGIN;`],
    );
  }
  return finding(
    `${role} can't sign in: ${reason}. It may have another password, or none, or pg_hba.conf does not let it in from here.`,
    [...(found ? [] : [createRole(role)]), ...setPassword(role)],
  );
}
