import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/databases.ts';
import { createMarkedDatabase } from '../support/marked-database.ts';

let database: TestDatabase;
const tenant = { id: 1, tenantKey: 'warm01' };

beforeAll(async () => {
  database = await createMarkedDatabase(tenant);
});
afterAll(() => database.drop());

describe('a warm tenant', () => {
  // Without tools/build/patch-prisma-client.ts it is four times the bound, and grows with the schema.
  it('takes 0.3 MB of heap or less', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', 'test/support/measure-client-heap.ts'],
      { env: { ...process.env, TENANT_TARGET: JSON.stringify({ tenant, datasourceUrl: database.url }) } },
    );
    process.stdout.write(`heap of a warm tenant: ${(Number(stdout) / 1e6).toFixed(3)} MB\n`);
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(300_000);
  });
});
