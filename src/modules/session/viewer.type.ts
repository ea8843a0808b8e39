import { permissionCatalogue } from '../../auth/permissions.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { message, UnauthenticatedError } from '../../errors/index.ts';
import { fromOutside, fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { loadManagers } from '../../tenancy/platform/managers.ts';
import { ManagerType } from '../managers/manager.type.ts';
import { ViewerTenantType, viewerTenant } from '../tenants/viewer-tenant.type.ts';
import { findUser } from '../users/user.service.ts';
import { UserType } from '../users/user.type.ts';
import { findOwnSession } from './session.owner.ts';

export const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who you are, where, and what you may do there.',
  fields: (t) => ({
    id: t.id({
      extensions: fromRows,
      description: 'Identifies the viewer in a client’s cache; no argument accepts it.',
      resolve: ({ tenantKey, userId }) =>
        encodeGlobalId('Viewer', tenantKey === null ? userId : `${tenantKey}/${userId}`),
    }),
    user: t.field({
      type: UserType,
      nullable: true,
      extensions: fromRows,
      description: 'Your account; null for a manager.',
      resolve: async ({ role, userId }, _args, context, info) => {
        if (role === 'manager') return null;
        const user = await findUser(context.db, userId, selectionFor(context, info));
        if (!user) throw new UnauthenticatedError(message('auth.accountGone'));
        return user;
      },
    }),
    manager: t.field({
      type: ManagerType,
      nullable: true,
      extensions: fromOutside,
      grantScopes: ['oneself'],
      description: 'Your account as a manager of the platform, in a tenant or not; null for a user.',
      resolve: async ({ role, userId }, _args, { sessions }) => {
        if (role !== 'manager') return null;
        const [manager] = await loadManagers(sessions.central, [userId]);
        return manager;
      },
    }),
    tenant: t.field({
      type: ViewerTenantType,
      nullable: true,
      extensions: fromOutside,
      description: 'The tenant that you are in; null for a manager who has entered none.',
      resolve: (_viewer, _args, context) => viewerTenant(context),
    }),
    permissions: t.stringList({
      extensions: fromRows,
      description:
        'The codes of all that you may do in the tenant right now, e.g. `users:read`: everything for a manager who has entered it, and nothing without a tenant.',
      resolve: (viewer) =>
        viewer.tenantKey === null
          ? []
          : permissionCatalogue.map(({ code }) => code).filter((code) => hasPermission(viewer, code)),
    }),
    sessionExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      extensions: fromOutside,
      description:
        'When your session ends unless it is refreshed before; null when it has just ended. A manager’s token for a tenant expires before it, and can’t be refreshed.',
      resolve: async (_viewer, _args, context) => (await findOwnSession(context))?.expiresAt,
    }),
  }),
});
