import { decodeJwt } from 'jose';
import { z } from 'zod';
import { hashRefreshToken } from '../../src/auth/sessions/refresh-token-hash.ts';
import type { TenantClient } from '../../src/db/tenant-client.ts';

/** Begins a session of a user past the application. Its id is the user's: tokens of the tests name it so. */
export async function openSession(db: TenantClient, userId: string): Promise<void> {
  const expiresAt = new Date(Date.now() + 86_400_000);
  await db.session.createMany({ data: [{ id: userId, userId, expiresAt }], skipDuplicates: true });
}

const refreshClaimsSchema = z.object({ jti: z.uuid(), sid: z.uuid(), exp: z.int() });

/** Stores a refresh token that a test has signed, as if the application had issued it in that session. */
export async function storeRefreshToken(db: TenantClient, refreshToken: string): Promise<void> {
  const { jti, sid, exp } = refreshClaimsSchema.parse(decodeJwt(refreshToken));
  await db.refreshToken.create({
    data: {
      id: jti,
      sessionId: sid,
      tokenHash: hashRefreshToken(refreshToken),
      expiresAt: new Date(exp * 1_000),
    },
  });
}

/** The role that holds every permission. */
export async function administratorRoleId({ db }: { readonly db: TenantClient }): Promise<string> {
  const role = await db.role.findFirstOrThrow({ where: { code: 'tenant_admin' }, select: { id: true } });
  return role.id;
}
