import { z } from 'zod';
import { databaseFailure, isDatabaseUnavailable } from '../db/database-errors.ts';
import { type CentralDatabase, managerIdentity } from '../db/identity-database.ts';
import type { TenantDatabase } from '../db/tenant-client.ts';
import type { TenantStatement, TenantStatements } from '../db/tenant-statements.ts';
import { ServiceUnavailableError } from '../errors/index.ts';
import { rowScopeSchema } from './row-scopes.ts';
import type { LiveSession } from './sessions/live-sessions.ts';
import { findSessionOwner } from './sessions/sessions.ts';
import { viewerRoleOf } from './system-roles.ts';
import { noReach, type Viewer } from './viewer.ts';

/** The rights of an account. */
export type Rights = Pick<Viewer, 'role' | 'permissions' | 'reach'>;

/** A manager is asked for no permission. */
export const managerRights: Rights = { role: 'manager', permissions: new Set(), reach: noReach };

/**
 * Selects what a user may do. Departments are walked once each, whatever circle they might form, and only for who needs
 * their colleagues, or heads one. Of colleagues, deleted ones too, because deleted users stay in them; whom somebody
 * heads is as src/modules/employees/department-heads.service.ts has it for decisions.
 */
const rights = `
  users.id::text AS "userId", users.username, roles.code AS "roleCode", granted.scopes,
  CASE WHEN granted.by_department THEN ARRAY(
    WITH RECURSIVE reached AS (
      SELECT users.department_id AS id
      UNION SELECT departments.id FROM sys.departments JOIN reached ON departments.parent_id = reached.id
    )
    SELECT colleagues.id::text FROM sys.users AS colleagues
    WHERE colleagues.id = users.id OR colleagues.department_id IN (SELECT id FROM reached)
  ) ELSE '{}' END AS "colleagueIds",
  CASE WHEN EXISTS (SELECT FROM sys.departments WHERE head_id = users.id AND deleted_at IS NULL) THEN ARRAY(
    WITH RECURSIVE headed AS (
      SELECT departments.id FROM sys.departments WHERE head_id = users.id AND deleted_at IS NULL
      UNION SELECT departments.id FROM sys.departments JOIN headed ON departments.parent_id = headed.id
      WHERE departments.deleted_at IS NULL
    )
    SELECT employees.user_id::text FROM hrm.employees
    WHERE employees.department_id IN (SELECT id FROM headed)
      AND employees.user_id IS NOT NULL AND employees.deleted_at IS NULL
  ) ELSE '{}' END AS "headedIds",
  extract(epoch FROM users.access_ends_at - now())::float8 AS "accessSeconds"`;

/** Joins what the rights are read from, behind a table of users. */
const grants = `
  LEFT JOIN sys.roles ON roles.id = users.role_id AND roles.deleted_at IS NULL
  CROSS JOIN LATERAL (
    SELECT COALESCE(json_object_agg(permissions.code, role_permissions.scope), '{}') AS scopes,
           COALESCE(bool_or(role_permissions.scope = 'DEPARTMENT'), false) AS by_department
    FROM sys.role_permissions JOIN sys.permissions ON permissions.id = role_permissions.permission_id
    WHERE role_permissions.role_id = roles.id
      AND role_permissions.deleted_at IS NULL AND permissions.deleted_at IS NULL
  ) AS granted`;

/**
 * The session of a tenant's user, with their rights. In SQL, because each request may need it, and each new client of
 * Prisma would plan it again, which is most of a cold tenant's first request; and because the database's clock decides.
 */
const liveSession: TenantStatement = {
  name: 'live_session',
  text: `
    SELECT ${rights}
    FROM sys.sessions
    JOIN sys.users ON users.id = sessions.account_id AND users.is_active AND users.deleted_at IS NULL
      AND (users.access_ends_at IS NULL OR users.access_ends_at > now())
    ${grants}
    WHERE sessions.id = $1::uuid AND sessions.revoked_at IS NULL AND sessions.expires_at > now()`,
};

const userRights = `SELECT ${rights} FROM sys.users ${grants} WHERE users.id = $1::uuid`;

const rowsSchema = z.array(
  z
    .object({
      userId: z.string(),
      username: z.string(),
      roleCode: z.string().nullable(),
      scopes: z.record(z.string(), rowScopeSchema),
      colleagueIds: z.array(z.string()),
      headedIds: z.array(z.string()),
      accessSeconds: z.number().nullable(),
    })
    .transform(
      ({ userId, username, roleCode, scopes, colleagueIds, headedIds, accessSeconds }): LiveSession => {
        const byCode = new Map(Object.entries(scopes));
        return {
          userId,
          username,
          role: viewerRoleOf(roleCode),
          permissions: new Set(byCode.keys()),
          reach: { scopes: byCode, colleagueIds, headedIds },
          ...(accessSeconds === null ? {} : { accessSeconds }),
        };
      },
    ),
);

/**
 * The session of a tenant's user, with their rights; null when it has ended or they may not sign in.
 * @throws {TenantUnavailableError} when the tenant's database does not answer.
 */
export function readLiveSession({ run }: TenantStatements, sessionId: string): Promise<LiveSession | null> {
  return readFirst(() => run(liveSession, [sessionId]));
}

/**
 * Runs {@link readLiveSession} in a transaction that may have changed what it reads.
 * @throws as {@link readLiveSession}.
 */
export function readLiveSessionIn(db: TenantDatabase, sessionId: string): Promise<LiveSession | null> {
  return readFirst(() => db.$queryRawUnsafe(liveSession.text, sessionId));
}

/** The current rights of a user, whether or not they may sign in; null when there is no user of that id. */
export function readUserRights(db: TenantDatabase, userId: string): Promise<LiveSession | null> {
  return readFirst(() => db.$queryRawUnsafe(userRights, userId));
}

/**
 * The session of a manager; null when it has ended or they may not sign in.
 * @throws {ServiceUnavailableError} when the central database does not answer.
 */
export async function readLiveManagerSession(
  central: CentralDatabase,
  sessionId: string,
): Promise<LiveSession | null> {
  try {
    const userId = await findSessionOwner(managerIdentity(central), sessionId);
    if (userId === null) return null;
    const manager = await central.manager.findUnique({
      where: { id: userId, isActive: true, deletedAt: null },
      select: { username: true },
    });
    return manager && { userId, username: manager.username, ...managerRights };
  } catch (error) {
    throw isDatabaseUnavailable(error) ? new ServiceUnavailableError({ cause: error }) : error;
  }
}

async function readFirst(read: () => Promise<unknown>): Promise<LiveSession | null> {
  let rows: unknown;
  try {
    rows = await read();
  } catch (error) {
    throw databaseFailure(error) ?? error;
  }
  return rowsSchema.parse(rows)[0] ?? null;
}
