import { randomUUID } from 'node:crypto';
import { isHeadedRead } from '../../src/auth/row-scopes.ts';
import { type EntityName, entityOf } from '../../src/catalogue/entities.ts';
import { wordsFor } from '../../src/graphql/entities/entity-words.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import {
  inputNames,
  requiredValues,
  type TestedEntity,
  testedEntities,
  testedEntity,
  testedFor,
} from '../entities/entity-table.ts';
import { managerChanges, platformPaths, platformRequests } from './platform-requests.ts';
import { type RootRequest, rootRequest, type TypePath, typePath } from './root-request.ts';
import type { Rows } from './rows.ts';
import type { Unserved } from './viewers.ts';

const plain = rootRequest('', () => ({}));
const users = ['no role', 'tenant_user', 'tenant_admin'] as const;
const inNoTenant = ['manager', 'manager in the tenant'] as const;

const me = rootRequest('', () => ({}), { nothingFor: ['manager in the tenant'] });
const anotherUser = rootRequest('another', ({ user }) => ({ userId: user }));
const anotherUsersSessions = rootRequest('another’s', ({ subordinate }) => ({ userId: subordinate }));
const oneUsersRecords = rootRequest('', ({ user }) => ({ entityId: user }));
const resetting = rootRequest('', async ({ spare }) => ({ userId: await spare('User') }));
const signingIn = rootRequest(
  '',
  (_rows, { tenantKey, username, password }) => ({ input: { tenantKey, username, password } }),
  { alone: true },
);
const signingOut = rootRequest('', async (_rows, { token, refreshToken }) =>
  token === undefined ? { refreshToken: await refreshToken() } : {},
);

const decidingCorrection = rootRequest('another’s', async ({ correction }) => ({
  attendanceCorrectionId: await correction(),
}));

const decidingLeave = rootRequest('another’s', async ({ spare }) => ({
  leaveRequestId: await spare('LeaveRequest'),
}));

const deleted = rootRequest('deleted ones', () => ({ deleted: true }));

/** The least that the input for a new row needs. */
const newRow = async (entity: TestedEntity, rows: Rows) => {
  const needed: Record<string, string> = {};
  for (const field of entity.needs) {
    const type = entity.references[field];
    if (type !== undefined) needed[field] = await rows.spare(type);
  }
  return { ...inputNames(entity), ...requiredValues(entity), ...needed };
};

/** Returns the request for an entity's row. */
const one = ({ name, model, idArgument }: TestedEntity) =>
  rootRequest('', (rows) => ({ [idArgument]: rows[model] }), {
    nothingFor: isOfAnEmployee(name) ? ['tenant_user'] : [],
  });

/** Whether a new user reads such rows, but for their own alone. */
const isOfAnEmployee = (name: EntityName) => isHeadedRead(`${entityOf(name).resource}:read`);

const oneRole = one(testedEntity('Role'));
const oneDepartment = one(testedEntity('Department'));
const oneBranch = one(testedEntity('Branch'));
const oneAsset = one(testedEntity('Asset'));
const oneDeal = one(testedEntity('Deal'));
const oneCustomer = one(testedEntity('Customer'));
const oneEmployee = one(testedEntity('Employee'));
const corrections = rootRequest('', () => ({}), { nothingFor: ['no role', 'tenant_user'] });
const month = rootRequest('', ({ employee }) => ({ month: '2026-03', employeeId: employee }), {
  nothingFor: ['tenant_user'],
});
const merging = rootRequest('', async ({ spare }) => ({
  customerId: await spare('Customer'),
  intoId: await spare('Customer'),
}));
const summary = rootRequest('', ({ pipeline }) => ({ pipelineId: pipeline }));

/** Returns the requests for an entity's operations, by coordinate. */
function entityRequests(entity: TestedEntity): Record<string, RootRequest[]> {
  const { name, model, list, idArgument, label, itself } = entity;
  const queries = { [`Query.${model}`]: [one(entity)], [`Query.${list}`]: [plain, deleted] };
  if (itself?.mutations !== undefined) return queries;
  return {
    ...queries,
    [`Mutation.create${name}`]: [rootRequest('', async (rows) => ({ input: await newRow(entity, rows) }))],
    [`Mutation.update${name}`]: [
      rootRequest('', async (rows) => ({
        [idArgument]: await rows.spare(name),
        input: { [label]: 'Changed' },
      })),
    ],
    [`Mutation.delete${name}`]: [rootRequest('', async (rows) => ({ [idArgument]: await rows.spare(name) }))],
    [`Mutation.restore${name}`]: [
      rootRequest('', async (rows) => ({ [idArgument]: await rows.spare(name, 'deleted') })),
    ],
  };
}

/** Returns the paths to an entity's row and to the pages of its list. */
const entityPaths = (entity: TestedEntity): Record<string, TypePath[]> => ({
  [entity.name]: [typePath(`Query.${entity.model}`, one(entity))],
  [`${entity.name}Connection`]: [typePath(`Query.${entity.list}`, plain)],
  [`${entity.name}Edge`]: [
    typePath(`Query.${entity.list}`, plain, ['edges'], isOfAnEmployee(entity.name) ? ['tenant_user'] : []),
  ],
});

/** The requests for root fields that need arguments, or whose arguments decide who may use them. */
export const rootRequests: Readonly<Record<string, readonly RootRequest[]>> = {
  'Query.me': [me],
  'Query.user': [
    rootRequest('oneself', (_rows, { id }) => ({ userId: id }), { nothingFor: ['manager in the tenant'] }),
    anotherUser,
  ],
  'Query.users': [plain, deleted],
  'Query.node': [
    rootRequest('oneself', (_rows, { id }) => ({ id: encodeGlobalId('User', id) }), {
      nothingFor: ['manager in the tenant'],
    }),
    rootRequest('another user', ({ user }) => ({ id: encodeGlobalId('User', user) })),
    ...testedEntities
      .filter(({ name }) => name !== 'User')
      .map((entity) =>
        rootRequest(wordsFor(entity).a, (rows) => ({ id: encodeGlobalId(entity.name, rows[entity.model]) }), {
          nothingFor: isOfAnEmployee(entity.name) ? ['tenant_user'] : [],
        }),
      ),
    rootRequest('a tenant', ({ platform }) => ({ id: encodeGlobalId('Tenant', platform.tenantKey) })),
    rootRequest('a manager', ({ platform }) => ({ id: encodeGlobalId('Manager', platform.manager) })),
    rootRequest('a provisioning job', ({ platform }) => ({
      id: encodeGlobalId('ProvisioningJob', platform.job),
    })),
    rootRequest('a record of the managers’ audit log', ({ platform }) => ({
      id: encodeGlobalId('ManagerAuditRecord', platform.managerAuditRecord),
    })),
    rootRequest('a record of the audit log', ({ auditRecord }) => ({
      id: encodeGlobalId('AuditRecord', auditRecord),
    })),
  ],
  'Query.nodes': [rootRequest('another user', ({ user }) => ({ ids: [encodeGlobalId('User', user)] }))],
  'Query.sessions': [rootRequest('one’s own', () => ({})), anotherUsersSessions],

  'Mutation.createUser': [
    rootRequest('', () => ({
      input: {
        username: `new-${randomUUID()}`,
        email: `${randomUUID()}@example.com`,
        password: 'Password123!',
        fullName: 'New',
      },
    })),
  ],
  'Mutation.updateUser': [
    rootRequest('another', async ({ spare }) => ({
      userId: await spare('User'),
      input: { position: 'Head' },
    })),
  ],
  'Mutation.deleteUser': [rootRequest('another', async ({ spare }) => ({ userId: await spare('User') }))],
  'Mutation.restoreUser': [
    rootRequest('', async ({ spare }) => ({ userId: await spare('User', 'deleted') })),
  ],
  'Mutation.resetPassword': [resetting],
  'Mutation.unlockUser': [rootRequest('another', async ({ spare }) => ({ userId: await spare('User') }))],
  ...Object.fromEntries(testedFor('access').flatMap((entity) => Object.entries(entityRequests(entity)))),

  'Mutation.createEmployee': [
    rootRequest('', () => ({ input: { number: randomUUID(), name: 'New', hiredOn: '2020-01-01' } })),
  ],
  'Mutation.updateEmployee': [
    rootRequest('', async ({ spare }) => ({
      employeeId: await spare('Employee'),
      input: { name: 'Changed' },
    })),
  ],
  'Mutation.deleteEmployee': [
    rootRequest('', async ({ spare }) => ({ employeeId: await spare('Employee') })),
  ],
  'Mutation.restoreEmployee': [
    rootRequest('', async ({ spare }) => ({ employeeId: await spare('Employee', 'deleted') })),
  ],
  'Mutation.assignEmployee': [
    rootRequest('', async ({ spare }) => ({
      employeeId: await spare('Employee'),
      input: { startsOn: '2021-01-01', employmentType: 'REGULAR' },
    })),
  ],
  'Mutation.removeAssignment': [
    rootRequest('', async ({ spare }) => ({ assignmentId: await spare('Assignment') })),
  ],
  'Query.attendanceCorrections': [corrections],
  'Query.attendanceSummary': [month],
  'Query.customerDuplicates': [rootRequest('', async ({ twin }) => ({ ...(await twin()) }))],
  'Query.mergedCustomer': [
    rootRequest('', async ({ mergedCustomer }) => ({ customerId: await mergedCustomer() })),
  ],
  'Mutation.mergeCustomers': [merging],
  'Mutation.clockIn': [
    rootRequest('another', async ({ spare }) => ({ employeeId: await spare('Employee') })),
  ],
  'Mutation.clockOut': [
    rootRequest('another', async ({ employeeAtWork }) => ({ employeeId: await employeeAtWork() })),
  ],
  'Mutation.requestAttendanceCorrection': [
    rootRequest('', async ({ spare }) => ({
      input: {
        attendanceRecordId: await spare('AttendanceRecord'),
        clockedInAt: '2026-01-05T00:00:00.000Z',
        clockedOutAt: '2026-01-05T08:00:00.000Z',
        reason: 'Forgotten',
      },
    })),
  ],
  'Mutation.approveAttendanceCorrection': [decidingCorrection],
  'Mutation.rejectAttendanceCorrection': [decidingCorrection],
  'Mutation.requestLeave': [
    rootRequest('', async ({ spare, leaveType }) => ({
      input: {
        employeeId: await spare('Employee'),
        leaveTypeId: leaveType,
        startsOn: '2026-03-11',
        endsOn: '2026-03-11',
      },
    })),
  ],
  'Mutation.approveLeave': [decidingLeave],
  'Mutation.rejectLeave': [decidingLeave],
  'Mutation.cancelLeave': [decidingLeave],
  'Query.pipelineSummary': [summary],
  'Mutation.moveDeal': [
    rootRequest('', async ({ spare }) => ({ dealId: await spare('Deal'), stageId: await spare('Stage') })),
  ],
  'Mutation.orderStages': [
    rootRequest('', async ({ spare }) => ({ pipelineId: await spare('Pipeline'), stageIds: [] })),
  ],

  ...platformRequests,

  'Mutation.login': [signingIn],
  'Mutation.refreshToken': [
    rootRequest('', async (_rows, { refreshToken }) => ({ refreshToken: await refreshToken() }), {
      alone: true,
    }),
  ],
  'Mutation.logout': [signingOut],
  'Mutation.logoutEverywhere': [
    rootRequest('oneself', () => ({})),
    rootRequest('another', async ({ spare }) => ({ userId: await spare('User') })),
  ],
  'Mutation.revokeSession': [
    rootRequest('one’s own', (_rows, { id }) => ({ sessionId: id })),
    rootRequest('another’s', async ({ spare }) => {
      const id = await spare('User');
      return { sessionId: id, userId: id };
    }),
  ],
  'Mutation.changePassword': [
    rootRequest('', (_rows, { password }) => ({
      input: { currentPassword: password, newPassword: 'Another-Password123!' },
    })),
  ],
};

const withoutOwnRole = ['no role', 'manager in the tenant'] as const;

/** The paths to each object type's fields; several where they differ in who may use them. */
export const typePaths: Readonly<Record<string, readonly TypePath[]>> = {
  ...Object.fromEntries(testedEntities.flatMap((entity) => Object.entries(entityPaths(entity)))),
  User: [
    typePath('Query.user', anotherUser),
    typePath('Query.me', me),
    typePath('Query.viewer', plain, ['user'], inNoTenant),
  ],
  Manager: [typePath('Query.currentManager', plain), typePath('Query.viewer', plain, ['manager'], users)],
  Role: [
    typePath('Query.role', oneRole),
    typePath('Query.user', anotherUser, ['role']),
    typePath('Query.me', me, ['role'], withoutOwnRole),
  ],
  Permission: [
    typePath('Query.permissions', plain),
    typePath('Query.role', oneRole, ['permissions']),
    typePath('Query.me', me, ['role', 'permissions'], withoutOwnRole),
  ],
  PermissionScope: [typePath('Query.role', oneRole, ['scopes'])],
  Department: [
    typePath('Query.department', oneDepartment),
    typePath('Query.user', anotherUser, ['department']),
  ],
  Branch: [
    typePath('Query.branch', oneBranch),
    typePath('Query.user', anotherUser, ['branch']),
    typePath('Query.asset', oneAsset, ['branch']),
  ],
  DealMove: [typePath('Query.deal', oneDeal, ['moves'])],
  PipelineSummary: [typePath('Query.pipelineSummary', summary)],
  StageSummary: [typePath('Query.pipelineSummary', summary, ['stages'])],
  StageTotal: [typePath('Query.pipelineSummary', summary, ['stages', 'totals'])],
  MonthTotal: [typePath('Query.pipelineSummary', summary, ['months'])],
  AttendanceCorrection: [typePath('Query.attendanceCorrections', corrections)],
  AttendanceSummary: [typePath('Query.attendanceSummary', month)],
  CustomerMerge: [typePath('Mutation.mergeCustomers', merging)],
  EmployeePersonalData: [typePath('Query.employee', oneEmployee, ['personal'])],
  LeaveBalance: [typePath('Query.employee', oneEmployee, ['leaveBalances(year: 2026)'])],
  TimelineConnection: [typePath('Query.customer', oneCustomer, ['timeline'])],
  TimelineEdge: [typePath('Query.customer', oneCustomer, ['timeline', 'edges'], ['holders'])],
  AuditRecord: [typePath('Query.auditLog', oneUsersRecords, ['edges', 'node'])],
  AuditChange: [typePath('Query.auditLog', oneUsersRecords, ['edges', 'node', 'changes']), managerChanges],
  Session: [
    typePath('Query.sessions', plain),
    typePath('Query.sessions', anotherUsersSessions),
    typePath('Mutation.login', signingIn, ['session']),
  ],
  AuthPayload: [typePath('Mutation.login', signingIn)],
  Viewer: [typePath('Query.viewer', plain)],
  ViewerTenant: [
    typePath('Query.viewer', plain, ['tenant'], ['manager']),
    typePath('Mutation.login', signingIn, ['tenant'], inNoTenant),
  ],
  TenantSetting: [typePath('Query.viewer', plain, ['tenant', 'settings'], ['manager'])],
  ResetPasswordPayload: [typePath('Mutation.resetPassword', resetting)],
  SuccessResponse: [typePath('Mutation.logout', signingOut)],
  PageInfo: [typePath('Query.users', plain, ['pageInfo'])],
  AuditLogConnection: [typePath('Query.auditLog', oneUsersRecords)],
  AuditLogEdge: [typePath('Query.auditLog', oneUsersRecords, ['edges'])],
  ...platformPaths,
};

/** The arguments of fields that show nothing with any, by coordinate. */
export const fieldArguments: Readonly<Record<string, string>> = {
  'Employee.leaveBalances': '(year: 2026)',
};

/** The fields that are null or empty for some viewers who may read them, by coordinate. */
export const nothingIn: Readonly<Record<string, readonly Unserved[]>> = {
  'AuthPayload.tenant': inNoTenant,
  'AuthPayload.user': inNoTenant,
  ...Object.fromEntries(
    testedEntities
      .filter(({ name }) => isOfAnEmployee(name))
      .map(({ name }) => [`${name}Connection.edges`, ['tenant_user'] as const]),
  ),
  'Role.scopes': ['tenant_user'],
  // Each part of a timeline needs a permission of its own.
  'TimelineConnection.edges': ['holders'],
  // Most accounts are no employee's.
  'User.employee': ['no role', 'tenant_user', 'tenant_admin', 'manager in the tenant', 'holders'],
  'User.role': ['no role'],
  'Viewer.manager': users,
  'Viewer.tenant': ['manager'],
  'Viewer.user': inNoTenant,
};
