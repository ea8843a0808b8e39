import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ownersOf } from '../../src/catalogue/entities.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addRow, testedEntities } from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

const ownersSchema = z.array(z.object({ owner: z.string() }));

// Where the view lacks an entity, its records don't exist for anybody whose scope is narrow.
it.each(testedEntities.map(({ name }) => name))(
  'sys.audit_owners names the owners of each row of %s, and no others',
  async (name) => {
    const owners = new Map<string, string>();
    for (const column of ownersOf(name)) owners.set(column, await addRow(acme.db, 'User'));
    const entityId = await addRow(acme.db, name, Object.fromEntries(owners));
    const { id } = await acme.db.auditRecord.create({
      data: { action: 'test.change', entityType: name, entityId, changes: {} },
    });
    const rows = await acme.db.$queryRaw`
      SELECT owner_id::text AS owner FROM sys.audit_owners WHERE record_id = ${id}::uuid`;
    expect(
      ownersSchema
        .parse(rows)
        .map(({ owner }) => owner)
        .sort(),
    ).toEqual([...owners.values()].sort());
  },
);

it('sys.name_owners adds an entity with several owners, and leaves the others', async () => {
  const [asset, trial] = [randomUUID(), randomUUID()];
  const users = [await addRow(acme.db, 'User'), await addRow(acme.db, 'User')];
  const [one, two] = users;
  await acme.runAsOwner(
    `CREATE TABLE hrm.trials (id uuid, one_id uuid, two_id uuid);
     INSERT INTO hrm.trials VALUES ('${trial}', '${one}', '${two}');
     SELECT sys.name_owners('hrm.trials', 'Trial', 'one_id', 'two_id')`,
  );
  await addRow(acme.db, 'Asset', { id: asset, holderId: one });
  const ownersOfChange = async (entityType: string, entityId: string) => {
    const data = { action: 'test.change', entityType, entityId, changes: {} };
    const { id } = await acme.db.auditRecord.create({ data });
    const rows = await acme.db.auditOwner.findMany({ where: { recordId: id } });
    return rows.map(({ ownerId }) => ownerId).sort();
  };
  expect(await ownersOfChange('Trial', trial)).toEqual(users.toSorted());
  expect(await ownersOfChange('Asset', asset)).toEqual([one]);
});

it('sys.name_owners is of no use to the application’s role', async () => {
  await expect(
    acme.db.$executeRaw`SELECT sys.name_owners('hrm.assets', 'User', 'holder_id')`,
  ).rejects.toThrow(/permission denied|must be owner/);
});
