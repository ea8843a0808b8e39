import { z } from 'zod';
import { viewerRoles } from './viewer.ts';

const commonClaims = {
  sub: z.uuid(),
  jti: z.uuid(),
  sid: z.uuid(),
  iat: z.int().positive(),
  exp: z.int().positive(),
};

/** The claims of an access token, as the platform guide names them. */
export const accessClaimsSchema = z
  .object({
    ...commonClaims,
    type: z.literal('access'),
    tenant_key: z.string().min(1).max(64).nullable().default(null),
    role: z.enum(viewerRoles),
    permissions: z.array(z.string().max(64)).max(1_000),
  })
  .refine(({ role, tenant_key }) => role === 'manager' || tenant_key !== null, {
    path: ['tenant_key'],
    error: 'only a manager may be in no tenant',
  });

/** The claims of a refresh token. Rights are looked up anew when it is used, so it carries none. */
export const refreshClaimsSchema = z.object({
  ...commonClaims,
  type: z.literal('refresh'),
  /** Null in a manager's session. */
  tenant_key: z.string().min(1).max(64).nullable(),
});

/** The verified claims of a refresh token. */
export type RefreshClaims = z.output<typeof refreshClaimsSchema>;
