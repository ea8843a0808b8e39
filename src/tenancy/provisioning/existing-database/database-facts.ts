import type pg from 'pg';
import { z } from 'zod';
import { assertCollations, MissingCollationError } from '../../../db/collations.ts';
import { mayMakeLargeObjects } from '../../../db/public-privileges.ts';
import { tenantRoleMark } from '../../../db/role-marks.ts';
import { readMarker, type TenantIdentity } from '../../../db/tenant-marker.ts';
import { tenantSchemas } from '../../tenant-schemas.ts';
import type { ProvidedNames } from './statements.ts';

const roleSchema = z.object({
  name: z.string(),
  canSignIn: z.boolean(),
  isExpired: z.boolean(),
  isSuperuser: z.boolean(),
  /** Attributes that neither role needs, as `ALTER ROLE` names them. */
  attributes: z.array(z.string()),
  mark: z.string().nullable(),
});

const databaseSchema = z.object({
  version: z.int(),
  isStandby: z.boolean(),
  isReadOnly: z.boolean(),
  encoding: z.string(),
  databaseOwner: z.string(),
  /** As this role or as a member of the one that does. */
  ownerOwnsDatabase: z.boolean(),
  ownerMayCreateSchemas: z.boolean(),
  applicationMayConnect: z.boolean(),
  publicMayEnter: z.boolean(),
  applicationMayMake: z.boolean(),
  /** Null when there is no schema `public`. */
  ownerOwnsPublicSchema: z.boolean().nullable(),
  ownerMayUsePublicSchema: z.boolean().nullable(),
  publicMayCreateInPublicSchema: z.boolean().nullable(),
});

const contentSchema = z.object({
  /** The comment on the schema `sys`: whose it is. */
  claim: z.string().nullable(),
  /** Some of the tables and schemas that are there, sorted. */
  found: z.array(z.string()),
  /** Roles other than the owner's that own tables of a tenant's, or their schema. */
  otherOwners: z.array(z.string()),
});

/** The content of a database, as far as it matters. */
export interface DatabaseContent extends z.output<typeof contentSchema> {
  /** Null when there is none, or none that may be read. */
  readonly marker: TenantIdentity | null;
}

const outsidersSchema = z.array(z.object({ role: z.string(), grantee: z.string() }));
const namesSchema = z.array(z.object({ name: z.string() }));

/** The state of an existing database and of the two roles in it. */
export interface DatabaseFacts extends z.output<typeof databaseSchema> {
  /** The reason why the server can't order names; null if it can. */
  readonly collationProblem: string | null;
  /** Those of the two roles that exist, by name. */
  readonly roles: ReadonlyMap<string, z.output<typeof roleSchema>>;
  /** Roles of which the application's is a member, and that may do what it must not, or can become one that may. */
  readonly powerfulGroups: readonly string[];
  readonly content: DatabaseContent;
  /** Tenants' roles that may connect to the database, or act as its owner; and to whom that was granted. */
  readonly outsiders: readonly { readonly role: string; readonly grantee: string }[];
  readonly publicMayMakeLargeObjects: boolean;
  /** Other databases that the application's role may connect to. */
  readonly otherDatabases: readonly string[];
}

/** For whom a database is looked at. */
export interface Claim {
  /** Returns whether what is in the database is the tenant's own. */
  readonly owns: (content: DatabaseContent) => boolean;
  /** The roles of all other tenants. */
  readonly otherRoles: readonly string[];
}

/**
 * Reads what any role may read of an existing database.
 * @param others the roles of all other tenants: one server may have several addresses.
 */
export async function readDatabaseFacts(
  client: pg.Client,
  names: ProvidedNames,
  others: readonly string[],
): Promise<DatabaseFacts> {
  const { owner, application } = names;
  const databases = await client.query(databaseStatement, [owner, application]);
  const roles = z.array(roleSchema).parse((await client.query(rolesStatement, [[owner, application]])).rows);
  const groups = await client.query(groupsStatement, [owner, application, others]);
  const outsiders = await client.query(outsidersStatement, [
    [owner, application],
    others,
    tenantRoleMark,
    owner,
  ]);
  const otherDatabases = await client.query(otherDatabasesStatement, [application]);
  return {
    ...z.tuple([databaseSchema]).parse(databases.rows)[0],
    collationProblem: await readCollationProblem(client),
    roles: new Map(roles.map((role) => [role.name, role])),
    powerfulGroups: namesSchema.parse(groups.rows).map(({ name }) => name),
    content: await readContent(client, names),
    outsiders: outsidersSchema.parse(outsiders.rows),
    publicMayMakeLargeObjects: await mayMakeLargeObjects(client),
    otherDatabases: namesSchema.parse(otherDatabases.rows).map(({ name }) => name),
  };
}

async function readCollationProblem(client: pg.Client): Promise<string | null> {
  try {
    await assertCollations(client);
    return null;
  } catch (error) {
    if (error instanceof MissingCollationError) return error.message;
    throw error;
  }
}

const databaseStatement = `
  SELECT current_setting('server_version_num')::int AS version,
         pg_is_in_recovery() AS "isStandby",
         current_setting('default_transaction_read_only') = 'on' AS "isReadOnly",
         pg_encoding_to_char(database.encoding) AS encoding,
         pg_get_userbyid(database.datdba) AS "databaseOwner",
         coalesce(pg_has_role(owner.oid, database.datdba, 'USAGE'), false) AS "ownerOwnsDatabase",
         coalesce(has_database_privilege(owner.oid, database.oid, 'CREATE'), false) AS "ownerMayCreateSchemas",
         coalesce(has_database_privilege(application.oid, database.oid, 'CONNECT'), false) AS "applicationMayConnect",
         has_database_privilege('public', database.oid, 'CONNECT')
           OR has_database_privilege('public', database.oid, 'TEMPORARY') AS "publicMayEnter",
         coalesce(has_database_privilege(application.oid, database.oid, 'CREATE')
           OR has_database_privilege(application.oid, database.oid, 'TEMPORARY'), false) AS "applicationMayMake",
         pg_has_role(owner.oid, schema.nspowner, 'USAGE') AS "ownerOwnsPublicSchema",
         has_schema_privilege(owner.oid, schema.oid, 'USAGE')
           AND has_schema_privilege(owner.oid, schema.oid, 'CREATE') AS "ownerMayUsePublicSchema",
         has_schema_privilege('public', schema.oid, 'CREATE') AS "publicMayCreateInPublicSchema"
  FROM pg_database AS database
  LEFT JOIN pg_roles AS owner ON owner.rolname = $1
  LEFT JOIN pg_roles AS application ON application.rolname = $2
  LEFT JOIN pg_namespace AS schema ON schema.nspname = 'public'
  WHERE database.datname = current_database()`;

const rolesStatement = `
  SELECT rolname AS name, rolcanlogin AS "canSignIn", coalesce(rolvaliduntil <= now(), false) AS "isExpired",
         rolsuper AS "isSuperuser", shobj_description(oid, 'pg_authid') AS mark,
         array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
           CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS attributes
  FROM pg_roles WHERE rolname = ANY ($1)`;

/** Predefined roles read and write every table, the server's files and other sessions; the rest speak for themselves. */
const groupsStatement = String.raw`
  SELECT granted.rolname AS name
  FROM pg_auth_members
  JOIN pg_roles AS granted ON granted.oid = roleid
  JOIN pg_roles AS application ON application.oid = member AND application.rolname = $2
  WHERE EXISTS (
    SELECT FROM pg_roles AS power
    WHERE pg_has_role(granted.oid, power.oid, 'MEMBER')
      AND (power.rolname = $1 OR power.rolname = ANY ($3) OR power.rolsuper OR power.rolcreaterole
        OR power.rolcreatedb OR power.rolreplication OR power.rolbypassrls
        OR (power.rolname LIKE 'pg\_%' AND power.rolname <> 'pg_database_owner')
        OR power.oid = (SELECT datdba FROM pg_database WHERE datname = current_database())))
  GROUP BY 1 ORDER BY 1`;

/** Without what is granted to everybody: that is withdrawn anyway. */
const outsidersStatement = `
  SELECT DISTINCT outsider.rolname AS role, granted.grantee
  FROM (
    SELECT grantee AS oid, pg_get_userbyid(grantee) AS grantee
    FROM pg_database CROSS JOIN aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE datname = current_database() AND privilege_type = 'CONNECT' AND grantee <> 0
    UNION SELECT oid, rolname FROM pg_roles WHERE rolname = $4
  ) AS granted
  JOIN pg_roles AS outsider ON pg_has_role(outsider.oid, granted.oid, 'MEMBER')
  WHERE NOT outsider.rolsuper AND NOT outsider.rolname = ANY ($1)
    AND (outsider.rolname = ANY ($2) OR starts_with(shobj_description(outsider.oid, 'pg_authid'), $3))
  ORDER BY 1, 2`;

const otherDatabasesStatement = `
  SELECT datname AS name FROM pg_database
  WHERE datallowconn AND datname <> current_database()
    AND (SELECT has_database_privilege(oid, pg_database.oid, 'CONNECT') FROM pg_roles WHERE rolname = $1)
  ORDER BY 1`;

/** Extensions' own tables are nobody's data, and a provider's schemas are in nobody's way. */
const contentStatement = String.raw`
  SELECT obj_description(to_regnamespace('sys'), 'pg_namespace') AS claim,
         ARRAY(
           SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND nspname NOT LIKE 'pg\_%'
             AND nspname <> 'information_schema'
             AND (nspname = 'public' OR pg_get_userbyid(relowner) = ANY ($1))
             AND NOT EXISTS (
               SELECT FROM pg_depend
               WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
           UNION ALL
           SELECT format('the schema %I', nspname) FROM pg_namespace
           WHERE nspname = ANY ($3)
             OR (nspname <> 'public' AND nspname NOT LIKE 'pg\_%' AND pg_get_userbyid(nspowner) = ANY ($1))
           ORDER BY 1 LIMIT 3
         ) AS found,
         ARRAY(
           SELECT pg_get_userbyid(owner)::text FROM (
             SELECT nspowner AS owner FROM pg_namespace WHERE nspname = ANY ($3)
             UNION SELECT relowner FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE (nspname = ANY ($3) AND relkind IN ('r', 'p', 'v', 'm', 'S'))
               OR (nspname = 'public' AND relname = '_prisma_migrations')
           ) AS owners
           WHERE pg_get_userbyid(owner) <> $2 ORDER BY 1
         ) AS "otherOwners"`;

async function readContent(
  client: pg.Client,
  { owner, application }: ProvidedNames,
): Promise<DatabaseContent> {
  const { rows } = await client.query(contentStatement, [[owner, application], owner, tenantSchemas]);
  const [content] = z.tuple([contentSchema]).parse(rows);
  // There is none, or it isn't for these roles: then what else was found says enough.
  const marker = await readMarker(client).catch(() => null);
  return { ...content, marker };
}
