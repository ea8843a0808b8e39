import { randomUUID } from 'node:crypto';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { type TestedEntity, testedEntities, testedEntity, testedFor } from '../entities/entity-table.ts';
import { managersChanges, platformReaches, platformWays } from './platform-ways.ts';
import type { Audience } from './viewers.ts';
import { type Reach, reach, type Way, way } from './way.ts';

const plain = way('', () => ({}));
const users = ['no role', 'tenant_user', 'tenant_admin'] as const;
const inNoTenant = ['manager', 'manager in the tenant'] as const;

const me = way('', () => ({}), { nothingFor: ['manager in the tenant'] });
const anotherUser = way('another', ({ user }) => ({ userId: user }));
const anotherUsersSessions = way('another’s', ({ subordinate }) => ({ userId: subordinate }));
const oneUsersRecords = way('', ({ user }) => ({ entityId: user }));
const resetting = way('', async ({ spare }) => ({ userId: await spare('User') }));
const signingIn = way(
  '',
  (_rows, { tenantKey, username, password }) => ({ input: { tenantKey, username, password } }),
  { alone: true },
);
const signingOut = way('', async (_rows, { token, refreshToken }) =>
  token === undefined ? { refreshToken: await refreshToken() } : {},
);

const deleted = way('deleted ones', () => ({ deleted: true }));
const newRow = () => ({ code: `new-${randomUUID()}`, name: 'New' });

/** The way to the row of an entity. */
const one = ({ model, idArgument }: TestedEntity) => way('', (rows) => ({ [idArgument]: rows[model] }));

const oneRole = one(testedEntity('Role'));
const oneDepartment = one(testedEntity('Department'));
const oneBranch = one(testedEntity('Branch'));
const oneAsset = one(testedEntity('Asset'));

/** The operations on an entity and its rows. */
function entityWays(entity: TestedEntity): Record<string, Way[]> {
  const { name, model, resource, idArgument, label, required } = entity;
  return {
    [`Query.${model}`]: [one(entity)],
    [`Query.${resource}`]: [plain, deleted],
    [`Mutation.create${name}`]: [way('', () => ({ input: { ...newRow(), ...required } }))],
    [`Mutation.update${name}`]: [
      way('', async (rows) => ({ [idArgument]: await rows.spare(name), input: { [label]: 'Changed' } })),
    ],
    [`Mutation.delete${name}`]: [way('', async (rows) => ({ [idArgument]: await rows.spare(name) }))],
    [`Mutation.restore${name}`]: [
      way('', async (rows) => ({ [idArgument]: await rows.spare(name, 'deleted') })),
    ],
  };
}

/** The fields of an entity's row, and of the pages of its list. */
const entityReaches = (entity: TestedEntity): Record<string, Reach[]> => ({
  [entity.name]: [reach(`Query.${entity.model}`, one(entity))],
  [`${entity.name}Connection`]: [reach(`Query.${entity.resource}`, plain)],
  [`${entity.name}Edge`]: [reach(`Query.${entity.resource}`, plain, ['edges'])],
});

/** The ways to ask for root fields that need arguments, or whose arguments decide who may. */
export const ways: Readonly<Record<string, readonly Way[]>> = {
  'Query.me': [me],
  'Query.user': [
    way('oneself', (_rows, { id }) => ({ userId: id }), { nothingFor: ['manager in the tenant'] }),
    anotherUser,
  ],
  'Query.users': [plain, deleted],
  'Query.node': [
    way('oneself', (_rows, { id }) => ({ id: encodeGlobalId('User', id) }), {
      nothingFor: ['manager in the tenant'],
    }),
    way('another user', ({ user }) => ({ id: encodeGlobalId('User', user) })),
    way('a role', ({ role }) => ({ id: encodeGlobalId('Role', role) })),
    way('a department', ({ department }) => ({ id: encodeGlobalId('Department', department) })),
    way('a branch', ({ branch }) => ({ id: encodeGlobalId('Branch', branch) })),
    way('an asset', ({ asset }) => ({ id: encodeGlobalId('Asset', asset) })),
    way('a tenant', ({ platform }) => ({ id: encodeGlobalId('Tenant', platform.tenantKey) })),
    way('a manager', ({ platform }) => ({ id: encodeGlobalId('Manager', platform.manager) })),
    way('a provisioning job', ({ platform }) => ({ id: encodeGlobalId('ProvisioningJob', platform.job) })),
    way('a record of the managers’ audit log', ({ platform }) => ({
      id: encodeGlobalId('ManagerAuditRecord', platform.managerAuditRecord),
    })),
    way('a record of the audit log', ({ auditRecord }) => ({
      id: encodeGlobalId('AuditRecord', auditRecord),
    })),
  ],
  'Query.nodes': [way('another user', ({ user }) => ({ ids: [encodeGlobalId('User', user)] }))],
  'Query.sessions': [way('one’s own', () => ({})), anotherUsersSessions],

  'Mutation.createUser': [
    way('', () => ({
      input: {
        username: `new-${randomUUID()}`,
        email: `${randomUUID()}@example.com`,
        password: 'Password123!',
        fullName: 'New',
      },
    })),
  ],
  'Mutation.updateUser': [
    way('another', async ({ spare }) => ({ userId: await spare('User'), input: { position: 'Head' } })),
  ],
  'Mutation.deleteUser': [way('another', async ({ spare }) => ({ userId: await spare('User') }))],
  'Mutation.restoreUser': [way('', async ({ spare }) => ({ userId: await spare('User', 'deleted') }))],
  'Mutation.resetPassword': [resetting],
  'Mutation.unlockUser': [way('another', async ({ spare }) => ({ userId: await spare('User') }))],
  ...Object.fromEntries(testedFor('access').flatMap((entity) => Object.entries(entityWays(entity)))),

  ...platformWays,

  'Mutation.login': [signingIn],
  'Mutation.refreshToken': [
    way('', async (_rows, { refreshToken }) => ({ refreshToken: await refreshToken() }), { alone: true }),
  ],
  'Mutation.logout': [signingOut],
  'Mutation.logoutEverywhere': [
    way('oneself', () => ({})),
    way('another', async ({ spare }) => ({ userId: await spare('User') })),
  ],
  'Mutation.revokeSession': [
    way('one’s own', (_rows, { id }) => ({ sessionId: id })),
    way('another’s', async ({ spare }) => {
      const id = await spare('User');
      return { sessionId: id, userId: id };
    }),
  ],
  'Mutation.changePassword': [
    way('', (_rows, { password }) => ({
      input: { currentPassword: password, newPassword: 'Another-Password123!' },
    })),
  ],
};

const withoutOwnRole = ['no role', 'manager in the tenant'] as const;

/** The ways to the fields of each object type, where they differ in who may go them. */
export const reaches: Readonly<Record<string, readonly Reach[]>> = {
  ...Object.fromEntries(testedEntities.flatMap((entity) => Object.entries(entityReaches(entity)))),
  User: [
    reach('Query.user', anotherUser),
    reach('Query.me', me),
    reach('Query.viewer', plain, ['user'], inNoTenant),
  ],
  Manager: [reach('Query.currentManager', plain), reach('Query.viewer', plain, ['manager'], users)],
  Role: [
    reach('Query.role', oneRole),
    reach('Query.user', anotherUser, ['role']),
    reach('Query.me', me, ['role'], withoutOwnRole),
  ],
  Permission: [
    reach('Query.permissions', plain),
    reach('Query.role', oneRole, ['permissions']),
    reach('Query.me', me, ['role', 'permissions'], withoutOwnRole),
  ],
  PermissionScope: [reach('Query.role', oneRole, ['scopes'])],
  Department: [reach('Query.department', oneDepartment), reach('Query.user', anotherUser, ['department'])],
  Branch: [
    reach('Query.branch', oneBranch),
    reach('Query.user', anotherUser, ['branch']),
    reach('Query.asset', oneAsset, ['branch']),
  ],
  AuditRecord: [reach('Query.auditLog', oneUsersRecords, ['edges', 'node'])],
  AuditChange: [reach('Query.auditLog', oneUsersRecords, ['edges', 'node', 'changes']), managersChanges],
  Session: [
    reach('Query.sessions', plain),
    reach('Query.sessions', anotherUsersSessions),
    reach('Mutation.login', signingIn, ['session']),
  ],
  AuthPayload: [reach('Mutation.login', signingIn)],
  Viewer: [reach('Query.viewer', plain)],
  ViewerTenant: [
    reach('Query.viewer', plain, ['tenant'], ['manager']),
    reach('Mutation.login', signingIn, ['tenant'], inNoTenant),
  ],
  TenantSetting: [reach('Query.viewer', plain, ['tenant', 'settings'], ['manager'])],
  ResetPasswordPayload: [reach('Mutation.resetPassword', resetting)],
  SuccessResponse: [reach('Mutation.logout', signingOut)],
  PageInfo: [reach('Query.users', plain, ['pageInfo'])],
  AuditLogConnection: [reach('Query.auditLog', oneUsersRecords)],
  AuditLogEdge: [reach('Query.auditLog', oneUsersRecords, ['edges'])],
  ...platformReaches,
};

/** The fields that are null or empty for some who may ask for them, by coordinate. */
export const nothingIn: Readonly<Record<string, readonly Audience[]>> = {
  'AuthPayload.tenant': inNoTenant,
  'AuthPayload.user': inNoTenant,
  'Role.scopes': ['tenant_user'],
  'User.role': ['no role'],
  'Viewer.manager': users,
  'Viewer.tenant': ['manager'],
  'Viewer.user': inNoTenant,
};
