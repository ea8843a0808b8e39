import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOnFreePort } from '@cxg/local-processes';
import pg from 'pg';
import type { Datasource } from '../../src/config/datasource.ts';
import { startServerProcess } from '../../tools/support/server-process.ts';

/** A PgBouncer of a test's own, in front of one server. */
export interface PgBouncer {
  readonly host: string;
  readonly port: number;
  /** Writes the settings anew and has them read. */
  configure(settings: PgBouncerSettings): Promise<void>;
  stop(): Promise<void>;
}

/** Settings in pgbouncer.ini that a test chooses. */
export type PgBouncerSettings = Readonly<Record<string, string | number>>;

/** PgBouncer refuses to run as root. */
const unprivileged = process.getuid?.() === 0 ? { user: 'nobody' } : {};

/**
 * Starts PgBouncer in transaction mode for every database and role of a server. It asks the server for passwords, as
 * its superuser.
 */
export function startPgBouncer(
  program: string,
  superuser: Datasource,
  settings: PgBouncerSettings = {},
): Promise<PgBouncer> {
  return startPgBouncerWith(program, superuser, (port, authFile, changed = settings) =>
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
}

type WriteSettings = (port: number, authFile: string, changed?: PgBouncerSettings) => string;

/**
 * Starts PgBouncer with a file of settings.
 * @param user who is in its list of users, and may ask the console if the settings say so.
 */
export async function startPgBouncerWith(
  program: string,
  user: Pick<Datasource, 'user' | 'password'>,
  settings: WriteSettings,
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-test-pgbouncer-'));
  await chmod(folder, 0o755);
  return startOnFreePort(undefined, (port) => launch(program, folder, user, port, settings)).catch(
    async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    },
  );
}

async function launch(
  program: string,
  folder: string,
  { user, password }: Pick<Datasource, 'user' | 'password'>,
  port: number,
  settings: WriteSettings,
): Promise<PgBouncer> {
  const configFile = join(folder, 'pgbouncer.ini');
  const authFile = join(folder, 'userlist.txt');
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await writeFile(authFile, `${quoted(user)} ${quoted(password)}\n`);
  await writeFile(configFile, settings(port, authFile));
  const options = Object.entries(unprivileged).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startServerProcess(program, [...options, configFile], {
    log: 'stderr',
    ready: /process up/,
  });
  return {
    host: '127.0.0.1',
    port,
    async configure(changed) {
      await writeFile(configFile, settings(port, authFile, changed));
      const console = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'pgbouncer' });
      await console.connect();
      await console.query('RELOAD').finally(() => console.end());
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
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
