import pg from 'pg';
import { tenantRoleMark } from '../../../db/role-marks.ts';
import { describeTenant } from '../../../db/tenant-marker.ts';
import type { Claim, DatabaseFacts } from './database-facts.ts';
import { administrators, type Finding, unmendable } from './finding.ts';
import { closeDatabase, closePublicSchema, type ProvidedNames } from './statements.ts';

const { escapeIdentifier } = pg;

const firstSupportedVersion = 140_000;
const firstVersionWithClosedSchema = 150_000;

/** Describes whatever the database lacks, or has too much of. */
export function describeDatabase(names: ProvidedNames, facts: DatabaseFacts, claim: Claim): Finding[] {
  return [
    ...describeServer(names, facts),
    ...describeContent(names, facts, claim),
    ...describeOwnership(names, facts),
    ...describePublicSchema(names, facts),
    ...describeOutsiders(names, facts),
  ];
}

function describeServer({ database }: ProvidedNames, facts: DatabaseFacts): Finding[] {
  const { version, isStandby, isReadOnly, encoding, collationProblem } = facts;
  return [
    ...(version >= firstSupportedVersion
      ? []
      : [
          unmendable(
            `The server is PostgreSQL ${Math.floor(version / 10_000)}: 14 is the oldest that works.`,
          ),
        ]),
    ...(collationProblem === null ? [] : [unmendable(collationProblem)]),
    ...(isStandby ? [unmendable('The server is a standby: name the one that can be written to.')] : []),
    ...(isReadOnly && !isStandby
      ? [
          {
            problem: 'Transactions are read-only by default.',
            statements: [
              `ALTER DATABASE ${escapeIdentifier(database)} SET default_transaction_read_only TO off;`,
            ],
            runBy: administrators.ownerOf(database, facts.databaseOwner),
            database: null,
          },
        ]
      : []),
    ...(encoding === 'UTF8'
      ? []
      : [
          unmendable(
            `The database ${database} has the encoding ${encoding}: it must be UTF8. Make another one, with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it with --db-name.`,
          ),
        ]),
  ];
}

/** Describes content that is not the tenant's: earlier runs for it have marked theirs. */
function describeContent(
  { database, owner }: ProvidedNames,
  { content }: DatabaseFacts,
  claim: Claim,
): Finding[] {
  const { marker } = content;
  if (content.found.length === 0) return [];
  if (claim.owns(content)) {
    return content.otherOwners.map((other) => ({
      problem: `What the tenant has in the database ${database} belongs to ${other}, and not to ${owner}.`,
      statements: [`REASSIGN OWNED BY ${escapeIdentifier(other)} TO ${escapeIdentifier(owner)};`],
      runBy: `a superuser, or a member of ${other} and ${owner}`,
      database,
    }));
  }
  if (marker !== null) {
    return [
      unmendable(
        `The database ${database} is marked as that of tenant ${describeTenant(marker)}: name another one with --db-name.`,
      ),
    ];
  }
  return [
    unmendable(
      `The database ${database} is not empty: it has ${content.found.join(', ')}. Name an empty one with --db-name.`,
    ),
  ];
}

function describeOwnership(names: ProvidedNames, facts: DatabaseFacts): Finding[] {
  const { database, owner, application } = names;
  const runBy = administrators.ownerOf(database, facts.databaseOwner);
  // Provisioning itself closes to the public what its own role owns.
  if (facts.ownerOwnsDatabase && facts.databaseOwner !== application) return [];
  if (!facts.ownerMayCreateSchemas || facts.databaseOwner === application) {
    return [
      {
        problem: `The database ${database} belongs to ${facts.databaseOwner}, and not to ${owner}.`,
        statements: [giveDatabase(names)],
        runBy: `a superuser, or a role with CREATEDB that is a member of ${facts.databaseOwner} and ${owner}`,
        database: null,
      },
    ];
  }
  return [
    ...(facts.publicMayEnter || !facts.applicationMayConnect
      ? [
          {
            problem: facts.publicMayEnter
              ? `Every role of the server may connect to the database ${database}, or make temporary tables there.`
              : `The role ${application} may not connect to the database ${database}.`,
            statements: closeDatabase(names),
            runBy,
            database: null,
          },
        ]
      : []),
    ...(facts.applicationMayMake && !facts.publicMayEnter
      ? [
          {
            problem: `The role ${application} may make schemas or temporary tables in the database ${database}.`,
            statements: [
              `REVOKE CREATE, TEMPORARY ON DATABASE ${escapeIdentifier(database)} FROM ${escapeIdentifier(application)};`,
            ],
            runBy,
            database: null,
          },
        ]
      : []),
  ];
}

const giveDatabase = ({ database, owner }: ProvidedNames) =>
  `ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(owner)};`;

/** Prisma keeps its record of migrations there. */
function describePublicSchema(names: ProvidedNames, facts: DatabaseFacts): Finding[] {
  const { database, owner } = names;
  const { ownerOwnsPublicSchema, ownerMayUsePublicSchema, publicMayCreateInPublicSchema } = facts;
  if (ownerOwnsPublicSchema === true || !facts.roles.has(owner)) return [];
  if (ownerOwnsPublicSchema === null) {
    return [
      {
        problem: `The database ${database} has no schema public.`,
        statements: [`CREATE SCHEMA public AUTHORIZATION ${escapeIdentifier(owner)};`],
        runBy: administrators.ownerOf(database, facts.databaseOwner),
        database,
      },
    ];
  }
  const isOpen = publicMayCreateInPublicSchema === true && !mayStayOpen(facts);
  if (ownerMayUsePublicSchema === true && !isOpen) return [];
  return [
    publicSchemaFinding(
      names,
      isOpen
        ? `Every role that connects may make tables in the schema public of ${database}.`
        : `The role ${owner} may not make tables in the schema public of ${database}.`,
    ),
  ];
}

/**
 * Before PostgreSQL 15, the schema belongs to a superuser and is open to everybody, in every new database. Where an
 * operator has no superuser, that can't be mended.
 */
function mayStayOpen({ version }: DatabaseFacts): boolean {
  return version < firstVersionWithClosedSchema;
}

function publicSchemaFinding(names: ProvidedNames, problem: string): Finding {
  return {
    problem,
    statements: closePublicSchema(names),
    runBy: 'the owner of that schema, or a superuser',
    database: names.database,
  };
}

function describeOutsiders(names: ProvidedNames, { outsiders, databaseOwner }: DatabaseFacts): Finding[] {
  const { database, owner, application } = names;
  return outsiders.map(({ role, grantee }) => {
    if (role === databaseOwner) {
      return {
        problem: `The database ${database} belongs to ${role}, which is another tenant's.`,
        statements: [giveDatabase(names)],
        runBy: administrators.superuser,
        database: null,
      };
    }
    const isMembership = [owner, application, databaseOwner].includes(grantee);
    return {
      problem: `The role ${role}, which is another tenant's, may connect to the database ${database}${grantee === role ? '' : ` as a member of ${grantee}`}.`,
      statements: [
        isMembership
          ? `REVOKE ${escapeIdentifier(grantee)} FROM ${escapeIdentifier(role)};`
          : `REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM ${escapeIdentifier(grantee)};`,
      ],
      runBy: isMembership ? administrators.roles : administrators.ownerOf(database, databaseOwner),
      database: null,
    };
  });
}

/** Describes rights of the application's role that it must not have. */
export function describePowers({ owner, application }: ProvidedNames, facts: DatabaseFacts): Finding[] {
  const role = facts.roles.get(application);
  const name = escapeIdentifier(application);
  return [
    ...(application === owner
      ? [unmendable(`The application and the migrations both sign in as ${owner}: name two roles.`)]
      : []),
    ...[...facts.roles.values()].flatMap((found) =>
      found.mark?.startsWith(tenantRoleMark) !== true
        ? []
        : [unmendable(`The role ${found.name} is a tenant's already (${found.mark}): name another one.`)],
    ),
    ...(role && role.attributes.length > 0
      ? [
          {
            problem: `The role ${application} has rights that no application may have: ${role.attributes.join(', ')}.`,
            statements: [`ALTER ROLE ${name} ${withoutAttributes(role.attributes)};`],
            runBy: mendsAttributes(role.attributes),
            database: null,
          },
        ]
      : []),
    // A superuser is a member of everything anyway, until it is none any more.
    ...facts.powerfulGroups.map((group) => ({
      problem:
        group === owner
          ? `The role ${application} can act as ${owner}, the owner.`
          : `The role ${application} is a member of ${group}, and so has rights that no application may have.`,
      statements: [`REVOKE ${escapeIdentifier(group)} FROM ${name};`],
      runBy: administrators.roles,
      database: null,
    })),
  ];
}

/** Describes matters that nothing depends on, and that are the operator's to decide. */
export function describeRemarks(names: ProvidedNames, facts: DatabaseFacts): Finding[] {
  const { database, owner, application } = names;
  const attributes = facts.roles.get(owner)?.attributes ?? [];
  return [
    ...(attributes.length > 0
      ? [
          {
            problem: `The role ${owner}, whose password is stored, may do more than migrations need: ${attributes.join(', ')}.`,
            statements: [`ALTER ROLE ${escapeIdentifier(owner)} ${withoutAttributes(attributes)};`],
            runBy: mendsAttributes(attributes),
            database: null,
          },
        ]
      : []),
    ...(facts.otherDatabases.length > 0
      ? [
          {
            problem: `The role ${application} may connect to other databases, too: ${facts.otherDatabases.join(', ')}. If nothing else needs the public's access, it can be withdrawn.`,
            statements: [
              `REVOKE CONNECT, TEMPORARY ON DATABASE ${facts.otherDatabases.map((name) => escapeIdentifier(name)).join(', ')} FROM PUBLIC;`,
            ],
            runBy: 'the owners of those databases, or a superuser',
            database: null,
          },
        ]
      : []),
    ...(facts.publicMayCreateInPublicSchema === true && mayStayOpen(facts)
      ? [
          publicSchemaFinding(
            names,
            `The role ${application} may make tables and functions in the schema public of ${database}.`,
          ),
        ]
      : []),
    ...(facts.publicMayMakeLargeObjects
      ? [
          {
            problem: `Both roles may make large objects in the database ${database}, which nothing here uses or limits.`,
            statements: [
              'REVOKE EXECUTE ON FUNCTION lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;',
            ],
            runBy: administrators.superuser,
            database,
          },
        ]
      : []),
  ];
}

function withoutAttributes(attributes: readonly string[]): string {
  return attributes.map((attribute) => `NO${attribute}`).join(' ');
}

/** Before PostgreSQL 16, the other attributes are every CREATEROLE's to change; since then, of those that have them. */
function mendsAttributes(attributes: readonly string[]): string {
  return attributes.some((attribute) => !['CREATEDB', 'CREATEROLE'].includes(attribute))
    ? administrators.superuser
    : administrators.roles;
}
