import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { TestFleet } from './fleet.ts';
import type { Person } from './people.ts';

/** Creates an employee through the API. @returns their id. */
export async function createEmployee(
  fleet: TestFleet,
  { token }: Person,
  input: object = {},
): Promise<string> {
  const { data, errors } = await fleet.graphql(
    'mutation ($input: EmployeeCreateInput!) { createEmployee(input: $input) { uuid } }',
    {
      token,
      variables: { input: { number: randomUUID(), name: 'Somebody', hiredOn: '2020-01-01', ...input } },
    },
  );
  expect(errors).toEqual([]);
  return data.createEmployee.uuid;
}

/** Changes an employee through the API. */
export const updateEmployee = (fleet: TestFleet, { token }: Person, id: string, input: object) =>
  fleet.graphql(
    'mutation ($id: ID!, $input: EmployeeUpdateInput!) { updateEmployee(employeeId: $id, input: $input) { uuid } }',
    { token, variables: { id, input } },
  );
