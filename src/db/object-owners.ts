import pg from 'pg';
import { z } from 'zod';
import { rightsOverHolder, rightsSchema } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** An object in a database that has the wrong owner. */
export interface MisownedObject {
  /** Its kind and name, e.g. `TABLE sys.users`, quoted as a statement needs it. */
  readonly name: string;
  readonly owner: string;
  /** The current role's rights over the owner. */
  readonly rights: z.output<typeof rightsSchema>;
  /** The role that should own it. */
  readonly heir: string;
}

const objectsSchema = z.array(
  z.object({ name: z.string(), owner: z.string(), rights: rightsSchema, heir: z.string() }),
);

/**
 * All objects in the connected database that have an owner and did not come with the server. Dependent objects follow
 * theirs (indexes, sequences of columns, row and array types), and extensions stay their creators'.
 */
const ownedObjects = `
  SELECT 'pg_namespace'::regclass AS class, oid AS id, nspowner AS owner, 'SCHEMA' AS kind, 1 AS place
  FROM pg_namespace WHERE nspname <> 'public' AND NOT starts_with(nspname, 'pg_')
  UNION ALL
  SELECT 'pg_class'::regclass, oid, relowner, CASE relkind
           WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
           WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, 2
  FROM pg_class AS relation
  WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT starts_with(relnamespace::regnamespace::text, 'pg_')
    AND NOT (relkind = 'S' AND EXISTS (
      SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = relation.oid
        AND refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype IN ('a', 'i')))
  UNION ALL
  SELECT 'pg_proc'::regclass, oid, proowner, 'ROUTINE', 3 FROM pg_proc
  UNION ALL
  SELECT 'pg_type'::regclass, oid, typowner, 'TYPE', 3 FROM pg_type AS type
  WHERE typtype IN ('b', 'd', 'e', 'r', 'c') AND NOT EXISTS (SELECT FROM pg_type WHERE typarray = type.oid)
    AND (typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')
  UNION ALL SELECT 'pg_collation'::regclass, oid, collowner, 'COLLATION', 3 FROM pg_collation
  UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner, 'CONVERSION', 3 FROM pg_conversion
  UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner, 'OPERATOR', 3 FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner, 'OPERATOR CLASS', 3 FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner, 'OPERATOR FAMILY', 3 FROM pg_opfamily
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner, 'STATISTICS', 3 FROM pg_statistic_ext
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner, 'TEXT SEARCH CONFIGURATION', 3 FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner, 'TEXT SEARCH DICTIONARY', 3 FROM pg_ts_dict
  UNION ALL SELECT 'pg_largeobject'::regclass, oid, lomowner, 'LARGE OBJECT', 3 FROM pg_largeobject_metadata`;

/** Objects with lower numbers come with the server. */
const firstOwnObject = 16_384;

/** Before that, a superuser owns the schema `public` of every new database, which public-privileges.ts handles. */
const firstVersionWithClosedPublic = 150_000;

/** The role that stands for the owner of the database, whoever that is. */
const ownerOfDatabase = 'pg_database_owner';

/**
 * Returns the objects in the connected database that the role should own but doesn't, in an order in which they can be
 * transferred.
 * @param role need not exist yet.
 */
export async function findMisowned(client: pg.Client, role: string): Promise<MisownedObject[]> {
  const { rows } = await client.query(
    `WITH owned AS (
       SELECT kind, place, owner, $1::text AS heir,
              CASE kind WHEN 'ROUTINE' THEN id::regprocedure::text
                        ELSE (pg_identify_object(class, id, 0)).identity END AS identity
       FROM (${ownedObjects}) AS object
       WHERE id >= ${firstOwnObject} AND NOT EXISTS (
         SELECT FROM pg_depend WHERE classid = class AND objid = id AND deptype = 'e')
       UNION ALL
       SELECT 'DATABASE', 0, datdba, $1, format('%I', datname) FROM pg_database WHERE datname = current_database()
       UNION ALL
       SELECT 'SCHEMA', 1, nspowner, '${ownerOfDatabase}', 'public' FROM pg_namespace
       WHERE nspname = 'public' AND current_setting('server_version_num')::int >= ${firstVersionWithClosedPublic}
     )
     SELECT kind || ' ' || identity AS name, holder.rolname AS owner, heir,
            ${rightsOverHolder} AS rights
     FROM owned
     JOIN pg_roles AS holder ON holder.oid = owned.owner
     WHERE holder.rolname <> heir AND NOT (heir = '${ownerOfDatabase}' AND holder.rolname = $1)
     ORDER BY place, kind, identity`,
    [role],
  );
  return objectsSchema.parse(rows);
}

/** Returns the statement that transfers an object to the role that should own it. */
export function changeOwner({ name, heir }: MisownedObject): string {
  return `ALTER ${name} OWNER TO ${escapeIdentifier(heir)}`;
}
