import Bowser from 'bowser';
import type { OpenSession } from '../../auth/sessions/sessions.ts';
import { builder } from '../../graphql/builder.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { ViewerTenantType, viewerTenant } from '../tenants/viewer-tenant.type.ts';
import { findUser } from '../users/user.service.ts';
import { UserType } from '../users/user.type.ts';
import { findOwnSession } from './session.owner.ts';

/** A session, and whether it is the request's own. */
export interface ListedSession extends OpenSession {
  readonly isCurrent: boolean;
}

export const SessionType = builder.objectRef<ListedSession>('Session').implement({
  description: 'An active sign-in on one device.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => encodeGlobalId('Session', id) }),
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    device: t.string({
      description: 'The browser and the system, as far as they tell, e.g. `Chrome on Windows`.',
      resolve: ({ userAgent }) => describeDevice(userAgent),
    }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'The `User-Agent` header.' }),
    address: t.exposeString('address', { nullable: true, description: 'Where it was begun.' }),
    isCurrent: t.exposeBoolean('isCurrent', { description: 'Whether this request belongs to it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When somebody signed in.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      description: 'When it was last refreshed, or begun.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it ends unless it is refreshed before.',
    }),
  }),
});

/** The tokens that a client gets when it signs in or refreshes. */
interface Welcome {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresIn: number;
  readonly deviceToken: string | null;
}

export const AuthPayload = builder.objectRef<Welcome>('AuthPayload').implement({
  description: 'The tokens of a session, who it belongs to, and where.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer …` with each request.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      nullable: true,
      description:
        'Exchange it with `refreshToken` for new tokens, once. Keep it safe. Null when it is in the cookie.',
    }),
    deviceToken: t.exposeString('deviceToken', {
      nullable: true,
      description:
        'Keep it, also after signing out, and send it with the next `login`: a device that a user has signed in from before is not locked out by strangers’ guesses. Null when it is in a cookie, and after a refresh.',
    }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the access token expires.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user who has signed in; null for a manager.',
      resolve: (_tokens, _args, context, info) =>
        context.viewer.role === 'manager'
          ? null
          : findUser(context.db, context.viewer.userId, selectionFor(context, info)),
    }),
    tenant: t.field({
      type: ViewerTenantType,
      nullable: true,
      description: 'The tenant that the user has signed in to; null for a manager.',
      resolve: (_tokens, _args, context) => viewerTenant(context),
    }),
    session: t.field({
      type: SessionType,
      nullable: true,
      description: 'The session that the tokens belong to; null when it has ended in the meantime.',
      resolve: async (_tokens, _args, context) => {
        const session = await findOwnSession(context);
        return session && { ...session, isCurrent: true };
      },
    }),
  }),
});

function describeDevice(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const { browser, os } = Bowser.parse(userAgent);
  const parts = [browser.name, os.name].filter(Boolean);
  return parts.length > 0 ? parts.join(' on ') : 'Unknown device';
}
