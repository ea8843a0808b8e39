import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort, listProcesses, processStart } from '@cxg/local-processes';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/embedded-postgres.ts';
import { FolderInUseError } from '../src/folder-ownership.ts';
import { accountForPostgres, runsAsRoot } from '../src/operating-account.ts';
import { type PostgresStarter, spawnPostgresStarter } from './postgres-starter.ts';

const testOnLinux = test.runIf(process.platform === 'linux');

// initdb takes seconds of processor time. One run of it serves the tests of what a new folder brings; those of
// an existing folder each get a copy of it.
let made: Made;

beforeAll(async () => {
  made = await raceForNewFolder({ preferredPort: await findFreePort() });
});

afterAll(() => made?.remove());

describe('several starts on one new folder', () => {
  test('lets one win when they come at once', () => {
    expect(made.failures).toEqual([1, 2, 3].map(() => expect.any(FolderInUseError)));
  });

  test('takes the preferred port when it is free', async () => {
    expect(made.server.port).toBe(made.preferredPort);
    expect(await query(made.server.superuserUrl, 'SHOW port')).toEqual([
      { port: String(made.preferredPort) },
    ]);
  });

  test('lets nobody in without the password, and listens on 127.0.0.1 alone', async () => {
    const url = new URL(made.server.superuserUrl);
    url.password = 'wrong';

    await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(
      await query(
        made.server.superuserUrl,
        "SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets",
      ),
    ).toEqual([{ addresses: '127.0.0.1', sockets: '' }]);
  });

  testOnLinux('puts no password in the process arguments', async () => {
    const { password } = new URL(made.server.superuserUrl);

    // Under a private folder the data is elsewhere, with a link to it.
    const folder = await realpath(made.dataDirectory);
    const ours = [...made.processArguments].filter((line) => line.includes(folder));
    expect(ours.some((line) => line.includes('initdb '))).toBe(true);
    expect(password).toHaveLength(48);
    expect([...made.processArguments].filter((line) => line.includes(password))).toEqual([]);
  });

  test('keeps the password in one file that only its owner can read', async () => {
    const { password } = new URL(made.server.superuserUrl);

    const entries = await readdir(made.dataDirectory, { withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(made.dataDirectory, entry.name));
    const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const holders = files.filter((_, index) => contents[index]?.includes(password));

    expect(holders).toEqual([join(made.dataDirectory, 'superuser-password')]);
    expect((await stat(join(made.dataDirectory, 'superuser-password'))).mode & 0o777).toBe(0o600);
  });

  // Last here: it stops the server.
  testOnLinux('leaves no process behind after stop, even with a connection still open', async () => {
    const client = await connect(made.server.superuserUrl);
    const family = (await listProcesses())
      .filter(({ processId, parentId }) => [processId, parentId].includes(made.server.processId))
      .map(({ processId }) => processId);
    expect(family.length).toBeGreaterThan(2);

    await made.server.stop();

    expect((await Promise.all(family.map(processStart))).filter((found) => found !== undefined)).toEqual([]);
    await client.end().catch(() => undefined);
  });
});

test('keeps what was written across a restart', async () => {
  const dataDirectory = await copyOfMade();
  const first = await start({ dataDirectory });
  await query(first.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
  await first.stop();

  const second = await start({ dataDirectory });

  expect(await query(second.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
});

test('takes a free port when the preferred one is taken', async () => {
  const preferredPort = await occupyPort();

  const server = await start({ dataDirectory: await copyOfMade(), preferredPort });

  expect(server.port).not.toBe(preferredPort);
  expect(await query(server.superuserUrl, 'SHOW port')).toEqual([{ port: String(server.port) }]);
});

describe('a server that another process started', () => {
  let dataDirectory: string;
  let parent: PostgresStarter;
  let first: { processId: number; superuserUrl: string };

  beforeAll(async () => {
    dataDirectory = await copyMade();
    parent = spawnPostgresStarter(dataDirectory);
    first = await parent.started();
  });

  afterAll(async () => {
    await parent.kill('process');
    await removeData(dataDirectory);
  });

  testOnLinux('outlasts a Ctrl-C in the terminal, until its parent stops it', async () => {
    const working = query(first.superuserUrl, "SELECT pg_sleep(0.5), 'answered' AS outcome");

    process.kill(-parent.processId, 'SIGINT');

    expect(await parent.nextLine()).toBe('interrupted');
    expect(await working).toMatchObject([{ outcome: 'answered' }]);
  });

  test('refuses a second start on the same data folder while the first lives', async () => {
    const second = start({ dataDirectory });

    await expect(second).rejects.toThrow(FolderInUseError);
    await expect(second).rejects.toThrow(`already in use by process ${parent.processId}`);
    expect(await query(first.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  // Last here: it kills the parent.
  test('stops an orphan left by a killed parent and starts again', async () => {
    await query(first.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
    await parent.kill('process');
    expect(await processStart(first.processId)).toBeDefined();

    const server = await start({ dataDirectory });

    expect(await processStart(first.processId)).toBeUndefined();
    expect(await query(server.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
  });
});

test('leaves alone a program that has got the number of a crashed server', async () => {
  const dataDirectory = await copyOfMade();
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

test('tells what PostgreSQL said last when it does not start, and lets go of the folder', async () => {
  const dataDirectory = await copyOfMade();

  await expect(start({ dataDirectory, settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
    'invalid value for parameter "shared_buffers": "plenty"',
  );

  const server = await start({ dataDirectory });
  expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
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

describe.runIf(runsAsRoot())('under a private directory, as root', () => {
  let privately: Made;

  beforeAll(async () => {
    privately = await raceForNewFolder({ parentMode: 0o700 });
  });

  afterAll(() => privately?.remove());

  test('lets one win also when several start on the same new folder at once', () => {
    expect(privately.failures).toEqual([1, 2, 3].map(() => expect.any(FolderInUseError)));
  });

  // Last here: it stops the server.
  test('runs, and finds its data again', async () => {
    await query(privately.server.superuserUrl, "CREATE TABLE note AS SELECT 'kept' AS text");
    await privately.server.stop();

    const second = await start({ dataDirectory: privately.dataDirectory });

    expect(await query(second.superuserUrl, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
  });
});

/** A folder that four starts at once have made, and the server of the one that won. */
interface Made {
  readonly dataDirectory: string;
  readonly preferredPort: number | undefined;
  readonly server: EmbeddedPostgres;
  /** Why the other starts failed. */
  readonly failures: readonly unknown[];
  /** The arguments of every process that was seen meanwhile (Linux). */
  readonly processArguments: ReadonlySet<string>;
  remove(): Promise<void>;
}

async function raceForNewFolder({
  parentMode,
  preferredPort,
}: {
  parentMode?: number;
  preferredPort?: number;
}): Promise<Made> {
  const dataDirectory = await newDataPath(parentMode);
  const processArguments = new Set<string>();
  let starting = true;
  const watching = (async () => {
    while (starting && process.platform === 'linux') {
      for (const listed of await listProcesses()) {
        processArguments.add(listed.arguments);
      }
      // Shorter than any program takes to start and end.
      await sleep(2);
    }
  })();
  const attempts = await Promise.allSettled(
    [1, 2, 3, 4].map(() =>
      startEmbeddedPostgres({
        dataDirectory,
        durable: false,
        ...(preferredPort === undefined ? {} : { preferredPort }),
      }),
    ),
  );
  starting = false;
  await watching;
  const servers = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
  const remove = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await removeData(dataDirectory);
  };
  const [server] = servers;
  if (server === undefined) {
    await remove();
    throw new AggregateError(failures, 'no start succeeded');
  }
  return { dataDirectory, preferredPort, server, failures, processArguments, remove };
}

/** A copy of the folder made first, as it is once its server has stopped, for one test. */
async function copyOfMade(): Promise<string> {
  const dataDirectory = await copyMade();
  onTestFinished(() => removeData(dataDirectory));
  return dataDirectory;
}

async function copyMade(): Promise<string> {
  await made.server.stop();
  const dataDirectory = await newDataPath();
  const original = await realpath(made.dataDirectory);
  if (process.platform === 'win32') {
    await cp(original, dataDirectory, { recursive: true });
  } else {
    // Unlike Node.js's own, it keeps the owners: for root, PostgreSQL's account owns the cluster.
    await promisify(execFile)('cp', ['-a', original, dataDirectory]);
  }
  return dataDirectory;
}

/** A folder that does not exist yet, for one test. */
async function newDataDirectory(): Promise<string> {
  const dataDirectory = await newDataPath();
  onTestFinished(() => removeData(dataDirectory));
  return dataDirectory;
}

/** A path in a folder that is private or, by default, open. */
async function newDataPath(parentMode = 0o755): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(parent, parentMode);
  return join(parent, 'data');
}

async function removeData(dataDirectory: string): Promise<void> {
  await removeEmbeddedPostgres(dataDirectory);
  await rm(dirname(dataDirectory), { recursive: true });
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
