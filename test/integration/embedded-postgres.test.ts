import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../scripts/support/embedded-postgres.ts';
import { FolderInUseError } from '../../scripts/support/folder-ownership.ts';
import { findFreePort } from '../../scripts/support/free-port.ts';
import { accountForPostgres, runsAsRoot } from '../../scripts/support/operating-account.ts';
import { processStart } from '../../scripts/support/process-inspection.ts';
import { type PostgresStarter, spawnPostgresStarter } from '../support/postgres-starter.ts';
import { listProcesses } from '../support/process-list.ts';

const testOnLinux = test.runIf(process.platform === 'linux');

test('keeps what was written across a restart', async () => {
  const dataDirectory = await newDataDirectory();
  const first = await start({ dataDirectory });
  await query(first.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
  await first.stop();

  const second = await start({ dataDirectory });

  expect(await query(second.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
});

test('takes the preferred port when it is free', async () => {
  const preferredPort = await findFreePort();

  const server = await start({ dataDirectory: await newDataDirectory(), preferredPort });

  expect(server.port).toBe(preferredPort);
  expect(await query(server.superuserUrl, 'SHOW port')).toEqual([{ port: String(preferredPort) }]);
});

test('takes a free port when the preferred one is taken', async () => {
  const preferredPort = await occupyPort();

  const server = await start({ dataDirectory: await newDataDirectory(), preferredPort });

  expect(server.port).not.toBe(preferredPort);
  expect(await query(server.superuserUrl, 'SHOW port')).toEqual([{ port: String(server.port) }]);
});

test('lets nobody in without the password, and listens on 127.0.0.1 alone', async () => {
  const server = await start({ dataDirectory: await newDataDirectory() });
  const url = new URL(server.superuserUrl);
  url.password = 'wrong';

  await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect(
    await query(
      server.superuserUrl,
      "SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets",
    ),
  ).toEqual([{ addresses: '127.0.0.1', sockets: '' }]);
});

test('stops an orphan left by a killed parent and starts again', async () => {
  const dataDirectory = await newDataDirectory();
  const parent = starter(dataDirectory);
  const orphan = await parent.started();
  await query(orphan.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
  await parent.kill('process');
  expect(await processStart(orphan.processId)).toBeDefined();

  const server = await start({ dataDirectory });

  expect(await processStart(orphan.processId)).toBeUndefined();
  expect(await query(server.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
});

test('leaves alone a program that has got the number of a crashed server', async () => {
  const dataDirectory = await newDataDirectory();
  await (await start({ dataDirectory })).stop();
  // PostgreSQL takes only programs of its own user for itself.
  const stranger = spawn('sleep', ['60'], await accountForPostgres(join(dataDirectory, 'cluster')));
  onTestFinished(() => {
    stranger.kill();
  });
  await once(stranger, 'spawn');
  const record = join(dataDirectory, 'cluster', 'postmaster.pid');
  await writeFile(record, `${stranger.pid}\n${join(dataDirectory, 'cluster')}\n`);

  const server = await start({ dataDirectory });

  expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(stranger).toMatchObject({ exitCode: null, signalCode: null });
});

test('refuses a second start on the same data folder while the first lives', async () => {
  const dataDirectory = await newDataDirectory();
  const parent = starter(dataDirectory);
  const first = await parent.started();

  const second = start({ dataDirectory });

  await expect(second).rejects.toThrow(FolderInUseError);
  await expect(second).rejects.toThrow(`already in use by process ${parent.processId}`);
  expect(await query(first.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('lets one win when several start on the same new folder at once', async () => {
  const dataDirectory = await newDataDirectory();

  const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => start({ dataDirectory })));

  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
  expect(failures).toEqual([1, 2, 3].map(() => expect.any(FolderInUseError)));
});

testOnLinux('outlasts a Ctrl-C in the terminal, until its parent stops it', async () => {
  const parent = starter(await newDataDirectory());
  const { superuserUrl } = await parent.started();
  const working = query(superuserUrl, "SELECT pg_sleep(0.5), 'answered' AS outcome");

  process.kill(-parent.processId, 'SIGINT');

  expect(await parent.nextLine()).toBe('interrupted');
  expect(await working).toMatchObject([{ outcome: 'answered' }]);
});

testOnLinux('puts no password in the process arguments', async () => {
  const seen = new Set<string>();
  let starting = true;
  const watching = (async () => {
    while (starting) {
      for (const listed of await listProcesses()) {
        seen.add(listed.arguments);
      }
    }
  })();
  const dataDirectory = await newDataDirectory();
  const server = await start({ dataDirectory }).finally(() => {
    starting = false;
  });
  await watching;
  const { password } = new URL(server.superuserUrl);

  // Under a private folder the data is elsewhere, with a link to it.
  const folder = await realpath(dataDirectory);
  const ours = [...seen].filter((line) => line.includes(folder));
  expect(ours.some((line) => line.includes('initdb '))).toBe(true);
  expect(password).toHaveLength(48);
  expect([...seen].filter((line) => line.includes(password))).toEqual([]);
});

test('keeps the password in one file that only its owner can read', async () => {
  const dataDirectory = await newDataDirectory();
  const server = await start({ dataDirectory });
  const { password } = new URL(server.superuserUrl);

  const entries = await readdir(dataDirectory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(dataDirectory, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const holders = files.filter((_, index) => contents[index]?.includes(password));

  expect(holders).toEqual([join(dataDirectory, 'superuser-password')]);
  expect((await stat(join(dataDirectory, 'superuser-password'))).mode & 0o777).toBe(0o600);
});

testOnLinux('leaves no process behind after stop, even with a connection still open', async () => {
  const server = await start({ dataDirectory: await newDataDirectory() });
  const client = await connect(server.superuserUrl);
  const family = (await listProcesses())
    .filter(({ processId, parentId }) => [processId, parentId].includes(server.processId))
    .map(({ processId }) => processId);
  expect(family.length).toBeGreaterThan(2);

  await server.stop();

  expect((await Promise.all(family.map(processStart))).filter((found) => found !== undefined)).toEqual([]);
  await client.end().catch(() => undefined);
});

test('finishes an initdb that was killed halfway', async () => {
  const dataDirectory = await newDataDirectory();
  const parent = starter(dataDirectory);
  await vi.waitUntil(() => initdbIsHalfway(dataDirectory), { timeout: 15_000, interval: 1 });
  await parent.kill('group');
  expect(await leftovers(dataDirectory)).not.toEqual([]);
  expect(await readdir(dataDirectory)).not.toContain('cluster');

  const server = await start({ dataDirectory });

  expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await leftovers(dataDirectory)).toEqual([]);
});

test('tells what PostgreSQL said last when it does not start, and lets go of the folder', async () => {
  const dataDirectory = await newDataDirectory();

  await expect(start({ dataDirectory, settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
    'invalid value for parameter "shared_buffers": "plenty"',
  );

  const server = await start({ dataDirectory });
  expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test.runIf(runsAsRoot())('lets one win also when the new folder is under a private directory', async () => {
  const dataDirectory = await newDataDirectory({ parentMode: 0o700 });

  const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => start({ dataDirectory })));

  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
  expect(failures).toEqual([1, 2, 3].map(() => expect.any(FolderInUseError)));
});

test.runIf(runsAsRoot())('runs as root under a private directory, and finds its data again', async () => {
  const dataDirectory = await newDataDirectory({ parentMode: 0o700 });
  const first = await start({ dataDirectory });
  await query(first.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
  await first.stop();

  const second = await start({ dataDirectory });

  expect(await query(second.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
});

/** A folder that does not exist yet, in one that is private or, by default, open. */
async function newDataDirectory({ parentMode = 0o755 } = {}): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(parent, parentMode);
  const dataDirectory = join(parent, 'data');
  onTestFinished(async () => {
    await removeEmbeddedPostgres(dataDirectory);
    await rm(parent, { recursive: true });
  });
  return dataDirectory;
}

async function start(options: Omit<EmbeddedPostgresOptions, 'durable'>): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ durable: false, ...options });
  onTestFinished(() => server.stop());
  return server;
}

function starter(dataDirectory: string): PostgresStarter {
  const parent = spawnPostgresStarter(dataDirectory);
  onTestFinished(() => parent.kill('process'));
  return parent;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

async function occupyPort(): Promise<number> {
  const port = await findFreePort();
  const occupant = createServer().listen(port, '127.0.0.1');
  await once(occupant, 'listening');
  onTestFinished(() => {
    occupant.close();
  });
  return port;
}

async function leftovers(dataDirectory: string): Promise<string[]> {
  const names = await readdir(dataDirectory).catch(() => []);
  return names.filter((name) => name.startsWith('initdb-'));
}

async function initdbIsHalfway(dataDirectory: string): Promise<boolean> {
  for (const name of await leftovers(dataDirectory)) {
    const made: string[] = await readdir(join(dataDirectory, name)).catch(() => []);
    if (made.includes('PG_VERSION')) {
      return true;
    }
  }
  return false;
}
