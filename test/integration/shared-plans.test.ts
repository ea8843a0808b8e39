import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { recordCompilations } from '../support/query-compilations.ts';

/** Lists without a search are not read by Prisma. */
const page = '{ users(first: 7, search: "a") { edges { node { fullName position } } } }';

let fleet: TestFleet;
let tokens: string[];

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  const keys = ['acme01', 'beta02', 'gamma03'];
  await Promise.all(keys.map((key) => fleet.provision(key)));
  tokens = [];
  for (const key of keys) tokens.push((await fleet.signIn(key)).accessToken);
});
afterAll(() => fleet.close());

it('a query that one tenant’s client has planned is not planned again by another’s', async () => {
  const [first = '', second = '', third = ''] = tokens;
  const planned = await recordCompilations(() => fleet.graphql(page, { token: first }));
  expect(planned).toBe(1);
  // Also when the client that has planned it is closed.
  await fleet.app.directory.invalidate('acme01');
  const again = await recordCompilations(async () => {
    for (const token of [second, third]) {
      const { errors, data } = await fleet.graphql(page, { token });
      expect(errors).toEqual([]);
      expect(data.users.edges.length).toBeGreaterThan(0);
    }
  });
  expect(again).toBe(0);
});
