import { randomUUID } from 'node:crypto';
import { byId, bySubject, filters, type Household, list, notThere, type Replays, refused } from './replay.ts';

/** What a new row is called: codes are unique, and names tell the tenant. */
const newRow = ({ tenantKey }: Household) => ({ code: `new-${randomUUID()}`, name: `New of ${tenantKey}` });

const description = () => ({ description: `Changed ${randomUUID()}` });

/** The replays of the replacement that a deletion may name. */
const heir = (typename: 'Department' | 'Branch', argument: string) =>
  byId('reassignTo', typename, refused('VALIDATION_FAILED'), async (reassignTo, { own }) => ({
    [argument]: await own.spare(typename),
    reassignTo,
  }));

/** How roles, departments and branches are reached for. */
export const organisationReplays: Replays = {
  'Query.roles': list('roles'),
  'Query.role': byId('roleId', 'Role', notThere('role'), (roleId) => ({ roleId })),
  'Query.permissions': [bySubject(refused('UNAUTHENTICATED'), () => ({}))],
  'Mutation.createRole': [
    bySubject(refused('UNAUTHENTICATED'), (caller) => ({
      input: { ...newRow(caller), permissions: ['users:read'] },
    })),
  ],
  'Mutation.updateRole': byId('roleId', 'Role', refused('NOT_FOUND'), (roleId) => ({
    roleId,
    input: description(),
  })),
  'Mutation.deleteRole': byId('roleId', 'Role', refused('NOT_FOUND'), (roleId) => ({ roleId }), {
    idOf: (target) => target.spare('Role'),
  }),
  'Mutation.restoreRole': byId('roleId', 'Role', refused('NOT_FOUND'), (roleId) => ({ roleId }), {
    idOf: (target) => target.spare('Role', 'deleted'),
  }),

  'Query.departments': [...list('departments'), ...filters('departments', { parentId: 'Department' })],
  'Query.department': byId('departmentId', 'Department', notThere('department'), (departmentId) => ({
    departmentId,
  })),
  'Mutation.createDepartment': byId(
    'input.parentId',
    'Department',
    refused('VALIDATION_FAILED'),
    (parentId, caller) => ({ input: { ...newRow(caller), parentId } }),
  ),
  'Mutation.updateDepartment': [
    ...byId('departmentId', 'Department', refused('NOT_FOUND'), (departmentId) => ({
      departmentId,
      input: description(),
    })),
    ...byId('input.parentId', 'Department', refused('VALIDATION_FAILED'), async (parentId, { own }) => ({
      departmentId: await own.spare('Department'),
      input: { parentId },
    })),
  ],
  'Mutation.deleteDepartment': [
    ...byId('departmentId', 'Department', refused('NOT_FOUND'), (departmentId) => ({ departmentId }), {
      idOf: (target) => target.spare('Department'),
    }),
    ...heir('Department', 'departmentId'),
  ],
  'Mutation.restoreDepartment': byId(
    'departmentId',
    'Department',
    refused('NOT_FOUND'),
    (departmentId) => ({ departmentId }),
    { idOf: (target) => target.spare('Department', 'deleted') },
  ),

  'Query.branches': list('branches'),
  'Query.branch': byId('branchId', 'Branch', notThere('branch'), (branchId) => ({ branchId })),
  'Mutation.createBranch': [bySubject(refused('UNAUTHENTICATED'), (caller) => ({ input: newRow(caller) }))],
  'Mutation.updateBranch': byId('branchId', 'Branch', refused('NOT_FOUND'), (branchId) => ({
    branchId,
    input: { phone: '010-1' },
  })),
  'Mutation.deleteBranch': [
    ...byId('branchId', 'Branch', refused('NOT_FOUND'), (branchId) => ({ branchId }), {
      idOf: (target) => target.spare('Branch'),
    }),
    ...heir('Branch', 'branchId'),
  ],
  'Mutation.restoreBranch': byId('branchId', 'Branch', refused('NOT_FOUND'), (branchId) => ({ branchId }), {
    idOf: (target) => target.spare('Branch', 'deleted'),
  }),
};
