import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeMaintenanceDatabases } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

let fleet: TestFleet;

const budgetOf = (app: App) => app.connectionStatistics().budget;
const { poll } = expect;
/** A process hears of another with its next beat. */
const heard = { timeout: 5_000, interval: 50 };

describe('processes that share a server', () => {
  let tenant: NamedTenant;
  const started: App[] = [];

  beforeAll(async () => {
    fleet = await createTestFleet();
    tenant = await provisionNamed(fleet, 'shared1');
  });
  afterEach(async () => {
    for (const app of started.splice(0)) await app.close();
  });
  afterAll(() => fleet.close());

  async function startProcess() {
    const process = fleet.startApp();
    started.push(process.app);
    await process.app.ready();
    await askForName(process.graphql, tenant);
    return process;
  }

  it('share what it allows as they come and go, and fail no request', async () => {
    const first = await startProcess();
    const alone = budgetOf(first.app);
    let isOver = false;
    let requests = 0;
    const load = Array.from({ length: 2 }, async () => {
      for (; !isOver; requests++) await askForName(first.graphql, tenant);
    });
    try {
      const second = await startProcess();
      expect(budgetOf(second.app)).toBeLessThan(alone * 0.6);
      await poll(() => budgetOf(first.app), heard).toBe(budgetOf(second.app));
      await second.app.close();
      await poll(() => budgetOf(first.app), heard).toBe(alone);
    } finally {
      isOver = true;
      await Promise.all(load);
    }
    expect(requests).toBeGreaterThan(0);
  });

  it('take over the share of one that has died', async () => {
    const { apiProcess } = fleet.tools.central;
    const { app } = await startProcess();
    const alone = budgetOf(app);
    const dead = await apiProcess.create({ data: { id: randomUUID() } });
    await poll(() => budgetOf(app), heard).toBeLessThan(alone * 0.6);
    const seenAt = new Date(Date.now() - 11_000);
    await apiProcess.update({ where: { id: dead.id }, data: { seenAt } });
    await poll(() => budgetOf(app), heard).toBe(alone);
    expect(await apiProcess.findUnique({ where: { id: dead.id } })).toBeNull();
  });

  it('say that they are there only while they are', async () => {
    const { app } = await startProcess();
    const count = () => fleet.tools.central.apiProcess.count();
    expect(await count()).toBe(1);
    await app.close();
    expect(await count()).toBe(0);
  });
});

describe('a server that allows few connections', () => {
  let server: OwnPostgres;

  beforeAll(async () => {
    server = await startOwnPostgres({}, { max_connections: '10' });
    await withConnection(parseDatasourceUrl(server.superuserUrl), closeMaintenanceDatabases);
    fleet = await createTestFleet({}, server.superuserUrl);
  });
  afterAll(async () => {
    await fleet.close();
    await server.remove();
  });

  it('serves several tenants, the central database and two processes', async () => {
    const tenants: NamedTenant[] = [];
    for (const tenantKey of ['few01', 'few02']) {
      tenants.push(await provisionNamed(fleet, tenantKey));
    }
    const processes = [fleet.startApp(), fleet.startApp()];
    for (const { app } of processes) await app.ready();
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(
        processes.flatMap(({ graphql }) =>
          tenants.flatMap((tenant) => [askForName(graphql, tenant), askForName(graphql, tenant)]),
        ),
      );
    }
    for (const { app } of processes) expect(budgetOf(app)).toBeLessThanOrEqual(2);
  });
});
