import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>) =>
  fleet.graphql(query, { token: admin.token, variables });

const create = (input: object) =>
  ask('mutation ($input: BranchCreateInput!) { answer: createBranch(input: $input) { uuid } }', {
    input: { code: `C-${randomUUID()}`, name: 'N', ...input },
  });

const update = (id: string, input: object) =>
  ask(
    'mutation ($id: ID!, $input: BranchUpdateInput!) { updateBranch(branchId: $id, input: $input) { uuid } }',
    {
      id,
      input,
    },
  );

describe('a branch', () => {
  it.each(['call me', '', '1', 'x'.repeat(33), '+82\n2'])('has no phone number %j', async (phone) => {
    const id = await addRow(acme.db, 'Branch');
    for (const answer of [await create({ phone }), await update(id, { phone })]) {
      expect(answer.errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'phone'] }],
      });
    }
  });

  it('is closed and opened, and neither by null', async () => {
    const id = await addRow(acme.db, 'Branch');
    const setActive = (isActive: unknown) =>
      ask(
        'mutation ($id: ID!, $input: BranchUpdateInput!) { updateBranch(branchId: $id, input: $input) { isActive } }',
        { id, input: { isActive } },
      );
    expect((await setActive(false)).data.updateBranch).toEqual({ isActive: false });
    expect((await setActive(true)).data.updateBranch).toEqual({ isActive: true });
    expect((await setActive(null)).codes).toEqual(['VALIDATION_FAILED']);
  });
});
