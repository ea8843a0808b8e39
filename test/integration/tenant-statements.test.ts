import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createTenantConnections,
  type TenantConnections,
  type TenantTarget,
} from '../../src/db/connections/tenant-connections.ts';
import { databaseFailure } from '../../src/db/database-errors.ts';
import { type OpenedTenant, openTenantClient } from '../../src/db/tenant-client.ts';
import type { TestDatabase } from '../support/databases.ts';
import { createMarkedDatabase } from '../support/marked-database.ts';

const limits = { concurrency: 1, statementTimeoutSeconds: 5 };
const tenant = { id: 1, tenantKey: 'statements01' };

let database: TestDatabase;
let target: TenantTarget;
let connections: TenantConnections;
let opened: OpenedTenant;

beforeAll(async () => {
  database = await createMarkedDatabase(tenant);
  target = { tenant, datasourceUrl: database.url };
});
afterAll(() => database.drop());
beforeEach(async () => {
  connections = createTenantConnections({
    budget: 1,
    timeoutSeconds: 1,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  opened = await openTenantClient(target, limits, connections);
});
afterEach(() => opened.client.$disconnect());

const echo = { name: 'echo', text: 'SELECT $1::int AS number' };

describe("a tenant's statements", () => {
  it('run on the connections of its client', async () => {
    await expect(opened.statements.run(echo, [7])).resolves.toEqual([{ number: 7 }]);
    expect(connections.statistics()).toMatchObject({ open: 1, inUse: 0 });
  });

  it('are refused as busy when the tenant has no connection left', async () => {
    await opened.client.$transaction(async () => {
      const refusal: unknown = await opened.statements.run(echo, [7]).catch((error: unknown) => error);
      expect(databaseFailure(refusal)).toMatchObject({ code: 'TENANT_BUSY' });
    });
  });

  it('are refused once the client is closed', async () => {
    await opened.client.$disconnect();
    const refusal: unknown = await opened.statements.run(echo, [7]).catch((error: unknown) => error);
    expect(databaseFailure(refusal)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
