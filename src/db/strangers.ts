import pg from 'pg';
import { z } from 'zod';
import { tenantRoleMark } from './role-marks.ts';
import { rightsOverHolder, rightsSchema } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** Another tenant's role with privileges or sessions in the connected database. */
export interface Stranger {
  readonly role: string;
  /** Its sessions in the database. */
  readonly sessions: number;
  /** The current role's rights over it. */
  readonly rights: z.output<typeof rightsSchema>;
}

const strangersSchema = z.array(z.object({ role: z.string(), sessions: z.int(), rights: rightsSchema }));

/**
 * Returns tenants' roles, other than `own`, with privileges or sessions in the connected database. A dump of another
 * tenant's database includes that tenant's privileges.
 */
export async function findStrangers(client: pg.Client, own: readonly string[]): Promise<Stranger[]> {
  const { rows } = await client.query(
    `SELECT role, sessions, rights FROM (
       SELECT rolname AS role, ${rightsOverHolder} AS rights,
              (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND usename = rolname) AS sessions,
              EXISTS (SELECT FROM pg_shdepend
                      WHERE refclassid = 'pg_authid'::regclass AND refobjid = holder.oid AND deptype IN ('a', 'o')
                        AND (dbid = here.oid OR (classid = 'pg_database'::regclass AND objid = here.oid))) AS depends
       FROM pg_roles AS holder JOIN pg_database AS here ON here.datname = current_database()
       WHERE starts_with(shobj_description(holder.oid, 'pg_authid'), $1) AND rolname <> ALL ($2)
     ) AS found WHERE depends OR sessions > 0 ORDER BY role`,
    [tenantRoleMark, own],
  );
  return strangersSchema.parse(rows);
}

const defaultsSchema = z.array(
  z.object({
    role: z.string(),
    schema: z.string().nullable(),
    type: z.enum(['r', 'S', 'f', 'T', 'n']),
    grantees: z.array(z.string()),
  }),
);

const defaultsOf = { r: 'TABLES', S: 'SEQUENCES', f: 'ROUTINES', T: 'TYPES', n: 'SCHEMAS' } as const;

/** The built-in default privileges of PUBLIC on new objects. */
const grantedToPublic = { r: null, S: null, f: 'EXECUTE', T: 'USAGE', n: null } as const;

/** Returns the statements that remove those roles' default privileges in the connected database. */
export async function forgetDefaultPrivileges(
  client: pg.Client,
  roles: readonly string[],
): Promise<{ readonly role: string; readonly statements: readonly string[] }[]> {
  const { rows } = await client.query(
    `SELECT rolname AS role, nspname AS schema, defaclobjtype AS type,
            ARRAY(SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(grantee)) END
                  FROM aclexplode(defaclacl)) AS grantees
     FROM pg_default_acl
     JOIN pg_roles ON pg_roles.oid = defaclrole
     LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
     WHERE rolname = ANY ($1) ORDER BY 1, 2, 3`,
    [roles],
  );
  return defaultsSchema.parse(rows).map(({ role, schema, type, grantees }) => {
    const of = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(role)}`;
    const where = schema === null ? of : `${of} IN SCHEMA ${escapeIdentifier(schema)}`;
    const publicly = grantedToPublic[type];
    return {
      role,
      statements: [
        ...grantees.map((grantee) => `${where} REVOKE ALL ON ${defaultsOf[type]} FROM ${grantee}`),
        // Restores the built-in defaults, which removes the stored entry.
        ...(schema === null
          ? [
              `${of} GRANT ALL ON ${defaultsOf[type]} TO ${escapeIdentifier(role)}`,
              ...(publicly === null ? [] : [`${of} GRANT ${publicly} ON ${defaultsOf[type]} TO PUBLIC`]),
            ]
          : []),
      ],
    };
  });
}
