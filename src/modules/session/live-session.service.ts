import { z } from 'zod';
import type { LiveSession } from '../../auth/sessions/live-sessions.ts';
import { databaseFailure } from '../../db/database-errors.ts';
import type { TenantStatement, TenantStatements } from '../../db/tenant-statements.ts';
import { viewerRoleOf } from '../roles/role.service.ts';

/**
 * The session of a tenant's user, with their rights. In SQL, because each request may need it, and each new client of
 * Prisma would plan it anew, which is most of a cold tenant's first request; and because the database's clock decides.
 */
const liveSession: TenantStatement = {
  name: 'live_session',
  text: `
    SELECT users.id::text AS "userId", users.username, roles.code AS "roleCode",
           ARRAY(
             SELECT permissions.code::text
             FROM sys.role_permissions JOIN sys.permissions ON permissions.id = role_permissions.permission_id
             WHERE role_permissions.role_id = roles.id
               AND role_permissions.deleted_at IS NULL AND permissions.deleted_at IS NULL
           ) AS permissions
    FROM sys.sessions
    JOIN sys.users ON users.id = sessions.account_id AND users.is_active AND users.deleted_at IS NULL
    LEFT JOIN sys.roles ON roles.id = users.role_id AND roles.deleted_at IS NULL
    WHERE sessions.id = $1::uuid AND sessions.revoked_at IS NULL AND sessions.expires_at > now()`,
};

const rowsSchema = z.array(
  z.object({
    userId: z.string(),
    username: z.string(),
    roleCode: z.string().nullable(),
    permissions: z.array(z.string()),
  }),
);

/**
 * The session of a tenant's user, with their rights; null when it has ended or they may not sign in.
 * @throws {TenantUnavailableError} when the tenant's database does not answer.
 */
export async function readLiveSession(
  statements: TenantStatements,
  sessionId: string,
): Promise<LiveSession | null> {
  let rows: readonly unknown[];
  try {
    rows = await statements.run(liveSession, [sessionId]);
  } catch (error) {
    throw databaseFailure(error) ?? error;
  }
  const [found] = rowsSchema.parse(rows);
  if (!found) return null;
  const { userId, username, roleCode, permissions } = found;
  return { userId, username, role: viewerRoleOf(roleCode), permissions: new Set(permissions) };
}
