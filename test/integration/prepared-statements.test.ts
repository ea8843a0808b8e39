import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTenantConnections, type TenantTarget } from '../../src/db/connections/tenant-connections.ts';
import { type OpenedTenant, openTenantClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import type { TestDatabase } from '../support/databases.ts';
import { createMarkedDatabase } from '../support/marked-database.ts';

/** See prepared-statements.ts. */
const bounds = { statements: 100, textLength: 100_000 };

const tenant = { id: 1, tenantKey: 'prepared01' };

let database: TestDatabase;
let target: TenantTarget;
let opened: OpenedTenant;

beforeAll(async () => {
  database = await createMarkedDatabase(tenant);
  target = { tenant, datasourceUrl: database.url };
  await asOwner(`CREATE TABLE sys.notes (body varchar(20)); INSERT INTO sys.notes VALUES ('a note')`);
});
afterAll(() => database.drop());
beforeEach(async () => {
  opened = await open(1);
});
afterEach(() => opened.client.$disconnect());

function open(concurrency: number): Promise<OpenedTenant> {
  const connections = createTenantConnections({
    budget: concurrency,
    timeoutSeconds: 10,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  return openTenantClient(target, { concurrency, statementTimeoutSeconds: 5 }, connections);
}

const asOwner = (statement: string) =>
  withConnection(database.connection, async (client) => void (await client.query(statement)));

const preparedSchema = z.array(z.object({ name: z.string(), statement: z.string() }));

/** The named statements of the tenant's only connection, but for the one that reads them. */
async function prepared(): Promise<z.infer<typeof preparedSchema>> {
  const text = "SELECT name, statement FROM pg_prepared_statements WHERE name <> 'prepared'";
  return preparedSchema.parse(await opened.statements.run({ name: 'prepared', text }, []));
}

const notes = { name: 'notes', text: 'SELECT * FROM sys.notes' };
const findUsers = ({ client }: OpenedTenant) => client.user.findMany({ select: { position: true } });

describe('a prepared statement', () => {
  it("is each of Prisma's that comes a second time, outside of a transaction", async () => {
    await opened.client.department.findFirst();
    await opened.client.$transaction(async (transaction) => {
      for (let turn = 0; turn < 3; turn++) await transaction.role.findFirst();
    });
    for (let turn = 0; turn < 2; turn++) await findUsers(opened);
    const statements = await prepared();
    expect(statements).toHaveLength(1);
    expect(statements[0]?.statement).toContain('"position"');
  });

  it('fails nobody when a migration changes the type of what it returns', async () => {
    const busy = await open(4);
    let migrated = false;
    let runs = 0;
    const worker = async () => {
      while (!migrated) {
        await Promise.all([busy.statements.run(notes, []), findUsers(busy)]);
        runs++;
      }
    };
    const working = Promise.all([worker(), worker(), worker()]);
    try {
      for (const type of ['text', 'varchar(80)', 'text']) {
        const before = runs;
        await asOwner(
          `ALTER TABLE sys.notes ALTER body TYPE ${type}; ALTER TABLE sys.users ALTER position TYPE ${type}`,
        );
        await expect.poll(() => runs, { timeout: 5_000 }).toBeGreaterThan(before + 5);
      }
    } finally {
      migrated = true;
      await working.finally(() => busy.client.$disconnect());
    }
  });

  it('is prepared anew when the server has forgotten it', async () => {
    for (const forget of ['DISCARD ALL', 'DEALLOCATE ALL']) {
      for (let turn = 0; turn < 2; turn++) {
        await expect(opened.statements.run(notes, [])).resolves.toEqual([{ body: 'a note' }]);
        await opened.client.$executeRawUnsafe(forget);
      }
      await opened.statements.run(notes, []);
    }
  });

  it('makes place for others, so that ever new ones do not grow a server process without bound', async () => {
    await opened.statements.run(notes, []);
    for (let column = 0; column < bounds.statements + 20; column++) {
      for (let turn = 0; turn < 2; turn++) {
        await opened.client.$queryRawUnsafe(`SELECT username AS "column ${column}" FROM sys.users`);
      }
    }
    const statements = await prepared();
    expect(statements).toHaveLength(bounds.statements - 1);
    expect(statements.map(({ name }) => name)).not.toContain('notes');
    // And it is prepared again when it comes again.
    await expect(opened.statements.run(notes, [])).resolves.toEqual([{ body: 'a note' }]);
    expect((await prepared()).map(({ name }) => name)).toContain('notes');
  });

  it('makes place by its length, too, and is none if it is longer than all may be', async () => {
    for (const length of [40_000, 50_000, 60_000, 100_001]) {
      for (let turn = 0; turn < 2; turn++) {
        await opened.client.$queryRawUnsafe(`SELECT '${'x'.repeat(length)}' AS text`);
      }
    }
    const lengths = (await prepared()).map(({ statement }) => statement.length);
    expect(lengths).toHaveLength(1);
    expect(lengths[0]).toBeGreaterThan(60_000);
  });

  it('leaves the connection as it was when it fails for what it says', async () => {
    const processOf = () =>
      opened.statements.run({ name: 'process', text: 'SELECT pg_backend_pid() AS pid' }, []);
    const before = await processOf();
    const division = { name: 'division', text: 'SELECT 1 / $1::int AS quotient' };
    for (let turn = 0; turn < 2; turn++) {
      await expect(opened.statements.run(division, [0])).rejects.toMatchObject({ code: '22012' });
    }
    await expect(opened.statements.run(division, [1])).resolves.toEqual([{ quotient: 1 }]);
    await expect(processOf()).resolves.toEqual(before);
  });
});
