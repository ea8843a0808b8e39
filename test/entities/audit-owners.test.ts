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
