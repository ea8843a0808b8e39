import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { type RunningProcess, startNode } from '../support/run-script.ts';

/** Without one, Node.js lets garbage grow while the machine has memory; the server itself needs about half. */
const heapLimit = '--max-old-space-size=160';
const mebibyte = 1_048_576;
const fewRows = 5_000;
const mostRows = 50_000;

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let server: RunningProcess;
let port: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  server = startNode([heapLimit, '--import', 'tsx', 'src/main.ts'], {
    ...fleet.environment,
    LOG_LEVEL: 'info',
    API_PORT: '0',
    API_HOST: '127.0.0.1',
  });
  [, port = ''] = await server.waitFor(/"port":(\d+)/);
});
afterAll(async () => {
  await server.stop('SIGTERM');
  await fleet.close();
});

/** A file of so many customers, written as it is sent. */
function fileOf(prefix: string, rows: number): ReadableStream<Uint8Array> {
  let row = 0;
  return new ReadableStream({
    pull(controller) {
      if (row === 0) controller.enqueue(Buffer.from('code,name,phone,address,tags,ownerUsername\n'));
      const lines = Array.from({ length: 500 }, () => {
        row++;
        return `${prefix}-${row},주식회사 고객 ${prefix} ${row},02-0000-${row},서울특별시 중구 세종대로 110 시청빌딩 ${row}층,가;나,${admin.username}\n`;
      });
      controller.enqueue(Buffer.from(lines.join('')));
      if (row === rows) controller.close();
    },
  });
}

/** Imports a file. @returns how much memory the server had at most meanwhile, in bytes. */
async function importRows(prefix: string, rows: number): Promise<number> {
  const folder = `/proc/${server.processId}`;
  // Begins the highest resident set anew: see proc_pid_clear_refs(5).
  await writeFile(`${folder}/clear_refs`, '5');
  const init = {
    method: 'POST',
    headers: { 'content-type': 'text/csv', authorization: `Bearer ${admin.token}` },
    body: fileOf(prefix, rows),
    // What Node.js demands for a stream.
    duplex: 'half',
  };
  const response = await fetch(`http://127.0.0.1:${port}/import/customers`, init);
  expect(await response.json()).toMatchObject({ imported: true, rowCount: rows });
  const status = await readFile(`${folder}/status`, 'utf8');
  return 1_024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
}

it.runIf(process.platform === 'linux')(
  'an import of ten times as many rows takes as much memory',
  async () => {
    const first = await importRows('first', fewRows);
    const few = await importRows('few', fewRows);
    const started = performance.now();
    const most = await importRows('most', mostRows);
    const seconds = (performance.now() - started) / 1_000;
    process.stdout.write(
      `import: ${fewRows} rows ${(first / mebibyte).toFixed()} MiB, again ${(few / mebibyte).toFixed()} MiB, ` +
        `${mostRows} rows ${(most / mebibyte).toFixed()} MiB in ${seconds.toFixed(1)} s\n`,
    );
    expect(await acme.db.customer.count()).toBe(2 * fewRows + mostRows);
    expect(most - Math.max(first, few)).toBeLessThan(64 * mebibyte);
  },
);
