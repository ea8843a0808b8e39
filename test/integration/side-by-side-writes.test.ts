import { afterAll, beforeAll, expect, it } from 'vitest';
import { withTransaction } from '../../src/db/identity-lock.ts';
import { lockRows } from '../../src/entities/locks.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

let fleet: TestFleet;
let tenant: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  tenant = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

/** A barrier: holds several until all have arrived. */
function meetingOf(count: number): () => Promise<void> {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  let waiting = 0;
  return () => {
    if (++waiting >= count) resolve();
    return promise;
  };
}

it('two writes that wait for each other’s rows are both done in the end', async () => {
  const { db } = tenant;
  const create = (code: string) => db.branch.create({ data: { code, name: code }, select: { id: true } });
  const [first, second] = [await create('first'), await create('second')];
  const meet = meetingOf(2);
  let runs = 0;

  const write = (one: string, other: string, name: string) =>
    withTransaction(db, async (transaction) => {
      runs++;
      await lockRows(transaction, 'Branch', [one], 'change');
      await meet();
      await lockRows(transaction, 'Branch', [other], 'change');
      await transaction.branch.updateMany({ where: { id: { in: [one, other] } }, data: { phone: name } });
      return name;
    });

  expect(await Promise.all([write(first.id, second.id, '1'), write(second.id, first.id, '2')])).toEqual([
    '1',
    '2',
  ]);
  expect(runs).toBe(3);
});

it('a flood of writes that wait for a lock leaves the tenant’s connections to its other requests', async () => {
  const { accessToken: token } = await fleet.signIn('acme01');
  const create = (index: number) =>
    fleet.graphql('mutation ($input: AssetCreateInput!) { createAsset(input: $input) { uuid } }', {
      token,
      variables: { input: { code: `flood-${index}`, name: 'Flood' } },
    });
  await create(0);
  let answers: Promise<{ codes: readonly string[] }[]> = Promise.resolve([]);
  await tenant.db.$transaction(
    async (transaction) => {
      await transaction.$executeRaw`LOCK TABLE hrm.assets IN SHARE MODE`;
      answers = Promise.all(Array.from({ length: 50 }, (_, index) => create(index + 1)));
      const read = await fleet.graphql('{ users(first: 1) { edges { cursor } } }', { token });
      expect(read.codes).toEqual([]);
    },
    { timeout: 10_000 },
  );
  expect((await answers).flatMap(({ codes }) => codes)).toEqual([]);
  expect(await tenant.db.asset.count()).toBe(51);
});
