import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, inject } from 'vitest';
import { z } from 'zod';
import { ended, followLog, settlesWithin } from '../../scripts/support/child-process.ts';
import { PortTakenError, startOnFreePort } from '../../scripts/support/free-port.ts';
import type { Datasource } from '../../src/db/datasource.ts';

/** A PgBouncer of a test's own, in front of one server. */
export interface PgBouncer {
  readonly host: string;
  readonly port: number;
  /** Writes the settings anew and has them read. */
  configure(settings: PgBouncerSettings): Promise<void>;
  /** Asks the administration console, e.g. `SHOW POOLS`. */
  ask(command: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** Settings in pgbouncer.ini that a test chooses. */
export type PgBouncerSettings = Readonly<Record<string, string | number>>;

const startMilliseconds = 15_000;
const stopMilliseconds = 5_000;

/** PgBouncer refuses to run as root. */
const unprivileged = process.getuid?.() === 0 ? { user: 'nobody' } : {};

/** As `describe`, with the path of the machine's PgBouncer. Skipped without one, which in CI the run itself refuses. */
export function describeWithPgBouncer(title: string, body: (program: string) => void): void {
  const program = inject('pgBouncerPath');
  describe.skipIf(program === null)(title, () => body(program ?? ''));
}

/**
 * Starts PgBouncer in transaction mode for every database and role of a server. It asks the server for passwords, as
 * its superuser.
 */
export async function startPgBouncer(
  program: string,
  superuser: Datasource,
  settings: PgBouncerSettings = {},
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-test-pgbouncer-'));
  await chmod(folder, 0o755);
  return startOnFreePort(undefined, (port) => launch(program, folder, superuser, port, settings)).catch(
    async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    },
  );
}

async function launch(
  program: string,
  folder: string,
  superuser: Datasource,
  port: number,
  settings: PgBouncerSettings,
): Promise<PgBouncer> {
  const configFile = join(folder, 'pgbouncer.ini');
  const authFile = join(folder, 'userlist.txt');
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const write = async (changed: PgBouncerSettings) => {
    await writeFile(authFile, `${quoted(superuser.user)} ${quoted(superuser.password)}\n`);
    await writeFile(
      configFile,
      ini({
        databases: { '*': `host=${superuser.host} port=${superuser.port}` },
        pgbouncer: {
          listen_addr: '127.0.0.1',
          listen_port: port,
          unix_socket_dir: '',
          auth_type: 'scram-sha-256',
          auth_file: authFile,
          auth_user: superuser.user,
          auth_query: 'SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = $1',
          admin_users: superuser.user,
          pool_mode: 'transaction',
          max_client_conn: 500,
          default_pool_size: 4,
          ...changed,
        },
      }),
    );
  };
  await write(settings);
  return run(program, configFile, folder, port, superuser, write);
}

/** Starts PgBouncer with a file of settings, which name the port and let the administrator in. */
export async function run(
  program: string,
  configFile: string,
  folder: string,
  port: number,
  administrator: Pick<Datasource, 'user' | 'password'>,
  write: (settings: PgBouncerSettings) => Promise<void> = async () => {},
): Promise<PgBouncer> {
  const child = spawn(
    program,
    [...Object.entries(unprivileged).flatMap(([name, value]) => [`--${name}`, value]), configFile],
    { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exit = ended(child);
  const log = followLog(child.stderr);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    if (!(await settlesWithin(exit, stopMilliseconds))) child.kill('SIGKILL');
    await exit;
    await rm(folder, { recursive: true, force: true });
  };
  const ready = log.waitFor(/process up/).then(() => true);
  const began = Promise.race([ready, exit]);
  if (!(await settlesWithin(began, startMilliseconds)) || (await began) !== true) {
    await stop();
    const lastLines = log.lines.join('\n');
    if (lastLines.includes('Address already in use')) throw new PortTakenError(lastLines);
    throw new Error(`${program} did not start. It said last:\n${lastLines}`);
  }
  const ask = async (command: string) => {
    const { user, password } = administrator;
    const console = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'pgbouncer' });
    await console.connect();
    try {
      return z.array(z.record(z.string(), z.unknown())).parse((await console.query(command)).rows);
    } finally {
      await console.end();
    }
  };
  return {
    host: '127.0.0.1',
    port,
    ask,
    async configure(changed) {
      await write(changed);
      await ask('RELOAD');
    },
    stop,
  };
}

type Section = Readonly<Record<string, string | number>>;

function ini(sections: Readonly<Record<string, Section>>): string {
  return Object.entries(sections)
    .map(([name, section]) => {
      const lines = Object.entries(section).map(([key, value]) => `${key} = ${value}`);
      return `[${name}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
