import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { lockSession, meetInTurn } from '../support/row-locks.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

it('who ends all sessions and who signs in with a new password do not wait for each other for ever', async () => {
  const { accessToken } = await fleet.signIn('acme01');
  const { id } = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
  const newPassword = 'Another-Passw0rd!';
  const input = { tenantKey: 'acme01', username: 'admin', password: testPassword, newPassword };
  const answers = await meetInTurn(
    acme,
    [
      () => fleet.graphql('mutation { logoutEverywhere { success } }', { token: accessToken }),
      () =>
        fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
          variables: { input },
        }),
    ],
    // The session of that id began with the tenant.
    lockSession(acme, id),
  );
  expect(answers.map(({ codes }) => codes)).toEqual([[], []]);
});
