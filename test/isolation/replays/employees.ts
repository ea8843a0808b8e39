import { randomUUID } from 'node:crypto';
import { testedEntity } from '../../entities/entity-table.ts';
import { byId, type Replay, type Replays, type ReplayTenant, refused } from './replay.ts';

const { references } = testedEntity('Employee');

const newEmployee = ({ tenantKey }: ReplayTenant) => ({
  number: randomUUID(),
  name: `New of ${tenantKey}`,
  hiredOn: '2020-01-01',
});

const assignment = { startsOn: '2021-01-01', employmentType: 'REGULAR' } as const;

/** The replays of the fields of an input that name rows. */
function naming(
  fields: readonly string[],
  variables: (caller: ReplayTenant, reference: object) => object | Promise<object>,
): Replay[] {
  return fields.flatMap((field) => {
    const type = references[field];
    if (type === undefined) return [];
    return byId(
      `input.${field}`,
      type,
      refused('VALIDATION_FAILED'),
      (id, caller) => variables(caller, { [field]: id }),
      // An account is one employee's at most.
      field === 'userId' ? { idOf: (target) => target.spare('User') } : {},
    );
  });
}

/** The replays of employees' own mutations. */
export const employeeReplays: Replays = {
  'Mutation.createEmployee': naming(Object.keys(references), (caller, reference) => ({
    input: { ...newEmployee(caller), ...reference },
  })),
  'Mutation.updateEmployee': [
    ...byId('employeeId', 'Employee', refused('NOT_FOUND'), (employeeId, { tenantKey }) => ({
      employeeId,
      input: { name: `Changed of ${tenantKey}` },
    })),
    ...naming(['userId'], async ({ own }, reference) => ({
      employeeId: await own.spare('Employee'),
      input: reference,
    })),
  ],
  'Mutation.deleteEmployee': byId(
    'employeeId',
    'Employee',
    refused('NOT_FOUND'),
    (employeeId) => ({ employeeId }),
    { idOf: (target) => target.spare('Employee', 'live') },
  ),
  'Mutation.restoreEmployee': byId(
    'employeeId',
    'Employee',
    refused('NOT_FOUND'),
    (employeeId) => ({ employeeId }),
    { idOf: (target) => target.spare('Employee', 'deleted') },
  ),
  'Mutation.assignEmployee': [
    ...byId(
      'employeeId',
      'Employee',
      refused('NOT_FOUND'),
      (employeeId) => ({
        employeeId,
        input: assignment,
      }),
      { idOf: (target) => target.spare('Employee') },
    ),
    ...naming(['departmentId', 'branchId', 'managerId'], async ({ own }, reference) => ({
      employeeId: await own.spare('Employee'),
      input: { ...assignment, ...reference },
    })),
  ],
  'Mutation.removeAssignment': byId(
    'assignmentId',
    'Assignment',
    refused('NOT_FOUND'),
    (assignmentId) => ({ assignmentId }),
    { idOf: (target) => target.spare('Assignment'), proof: 'a change' },
  ),
};
