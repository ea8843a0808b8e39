import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { createAccessProbe } from './access-probe.ts';
import { writeAccessTable } from './access-table.ts';
import { createRows } from './rows.ts';
import { prepareViewers } from './viewers.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
});
afterAll(() => fleet.close());

describe('the access table', () => {
  it('is what ACCESS.md says', { timeout: 120_000 }, async () => {
    const tenant = await fleet.provision('acme01');
    const rows = await createRows(fleet, tenant);
    const probe = createAccessProbe(schema, fleet.graphql, rows, await prepareViewers(fleet, tenant, rows));
    const table = await writeAccessTable(schema, probe).finally(rows.platform.removeSpareTenants);
    await expect(table).toMatchFileSnapshot('../../ACCESS.md');
  });
});
