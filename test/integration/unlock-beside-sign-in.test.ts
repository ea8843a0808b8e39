import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator } from '../support/people.ts';
import { lockUser, meetInTurn } from '../support/row-locks.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

it('who is unlocked and who signs in do not wait for each other for ever', async () => {
  const { token } = await addAdministrator(fleet, acme);
  const { id } = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
  const guess = () =>
    fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
      variables: { input: { tenantKey: 'acme01', username: 'admin', password: 'Wrong-Passw0rd!' } },
    });
  await guess();
  const answers = await meetInTurn(
    acme,
    [
      guess,
      () =>
        fleet.graphql('mutation ($id: ID!) { unlockUser(userId: $id) { id } }', {
          token,
          variables: { id },
        }),
    ],
    lockUser(acme, id),
  );
  expect(answers.map(({ codes }) => codes)).toEqual([['INVALID_CREDENTIALS'], []]);
});
