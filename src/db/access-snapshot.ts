import type pg from 'pg';
import { z } from 'zod';

/** The owner and the privileges of each object of a database, by its name. */
export type AccessSnapshot = ReadonlyMap<string, string>;

const entriesSchema = z.array(z.object({ name: z.string(), access: z.string() }));

/** Formats a list of privileges independently of its order. An absent one means the default. */
const readable = (acl: string, type: string, owner: string) =>
  `(SELECT string_agg(format('%s=%s/%s', grantee::regrole, privilege_type, is_grantable), ' '
                      ORDER BY grantee, privilege_type)
    FROM aclexplode(coalesce(${acl}, acldefault(${type}, ${owner}))))`;

/** Reads the snapshot of the connected database, without objects that come with the server. */
export async function readAccess(client: pg.Client): Promise<AccessSnapshot> {
  const { rows } = await client.query(
    `SELECT name, coalesce(access, '') AS access FROM (
       SELECT format('database %I', datname) AS name, datdba::regrole || ': ' || ${readable('datacl', "'d'", 'datdba')} AS access
       FROM pg_database WHERE datname = current_database()
       UNION ALL
       SELECT format('schema %I', nspname), nspowner::regrole || ': ' || ${readable('nspacl', "'n'", 'nspowner')}
       FROM pg_namespace WHERE NOT starts_with(nspname, 'pg_') AND nspname <> 'information_schema'
       UNION ALL
       SELECT CASE relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
                           WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || pg_class.oid::regclass,
              relowner::regrole || ': ' || ${readable('relacl', "CASE relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END", 'relowner')}
              || coalesce((SELECT string_agg(attname || ' ' || attacl::text, ' ' ORDER BY attnum)
                           FROM pg_attribute WHERE attrelid = pg_class.oid AND attacl IS NOT NULL), '')
       FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND oid >= 16384
         AND NOT starts_with(relnamespace::regnamespace::text, 'pg_')
       UNION ALL
       SELECT 'routine ' || oid::regprocedure, proowner::regrole || ': ' || ${readable('proacl', "'f'", 'proowner')}
       FROM pg_proc WHERE oid >= 16384
       UNION ALL
       SELECT 'type ' || format_type(oid, NULL), typowner::regrole || ': ' || ${readable('typacl', "'T'", 'typowner')}
       FROM pg_type WHERE oid >= 16384 AND typtype IN ('d', 'e', 'r')
       UNION ALL
       SELECT format('default privileges of %I on %s%s', pg_get_userbyid(defaclrole),
                     CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'routines'
                                        WHEN 'T' THEN 'types' ELSE 'schemas' END,
                     coalesce(' in schema ' || quote_ident(nspname), '')),
              (SELECT string_agg(format('%s=%s', grantee::regrole, privilege_type), ' ' ORDER BY grantee, privilege_type)
               FROM aclexplode(defaclacl))
       FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
     ) AS found ORDER BY name`,
  );
  return new Map(entriesSchema.parse(rows).map(({ name, access }) => [name, access]));
}

/** Returns the sorted names of the objects that differ between two snapshots. */
export function differencesBetween(before: AccessSnapshot, after: AccessSnapshot): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}
