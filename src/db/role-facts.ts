import type pg from 'pg';
import { z } from 'zod';
import { rightsOverHolder } from './role-membership.ts';

const factsSchema = z.array(
  z.object({
    role: z.string(),
    mark: z.string().nullable(),
    canSignIn: z.boolean(),
    isPrivileged: z.boolean(),
    isUsedElsewhere: z.boolean(),
    isChangeable: z.boolean(),
    settings: z.string(),
  }),
);

/** The state of a role on its server. */
export interface RoleFacts {
  readonly mark: string | null;
  readonly canSignIn: boolean;
  /** It has attributes that a tenant's role must not have, on the whole server. */
  readonly isPrivileged: boolean;
  /** It owns objects or has grants outside of the connected database. */
  readonly isUsedElsewhere: boolean;
  /** The current role may change its password and its mark. */
  readonly isChangeable: boolean;
  /** The initial settings of its sessions, and the roles that they may act as. */
  readonly settings: string;
}

/** Reads the state of those roles that exist. */
export async function readRoleFacts(
  client: pg.Client,
  roles: readonly string[],
): Promise<ReadonlyMap<string, RoleFacts>> {
  const { rows } = await client.query(
    `SELECT rolname AS role, shobj_description(holder.oid, 'pg_authid') AS mark, rolcanlogin AS "canSignIn",
            rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS "isPrivileged",
            EXISTS (
              SELECT FROM pg_shdepend JOIN pg_database AS here ON here.datname = current_database()
              WHERE refclassid = 'pg_authid'::regclass AND refobjid = holder.oid AND deptype IN ('a', 'o')
                AND dbid <> here.oid AND NOT (classid = 'pg_database'::regclass AND objid = here.oid)
            ) AS "isUsedElsewhere",
            (SELECT rolsuper OR (rolcreaterole AND ${rightsOverHolder} <> 'none') FROM pg_roles
             WHERE rolname = current_user) AS "isChangeable",
            concat_ws(' ',
              (SELECT string_agg(coalesce(datname, '*') || array_to_string(setconfig, ','), ' ' ORDER BY datname)
               FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase
               WHERE setrole = holder.oid AND (setdatabase = 0 OR datname = current_database())),
              (SELECT string_agg(roleid::regrole::text, ' ' ORDER BY roleid) FROM pg_auth_members
               WHERE member = holder.oid)) AS settings
     FROM pg_roles AS holder WHERE rolname = ANY ($1)`,
    [roles],
  );
  return new Map(factsSchema.parse(rows).map(({ role, ...facts }) => [role, facts]));
}
