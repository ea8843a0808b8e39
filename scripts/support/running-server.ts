import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  findProcess,
  ownIdentity,
  type ProcessIdentity,
  processIdentitySchema,
  readIfPresent,
  writeAtomically,
} from '@cxg/local-processes';
import { z } from 'zod';
import { UsageError } from './script.ts';

/** The folder in which a checkout keeps what its development server needs. Git ignores it. */
export const dataFolder = '.data';

const recordSchema = z.object({
  process: processIdentitySchema,
  state: z.enum(['starting', 'serving', 'stopping']),
  url: z.string().nullable(),
  /** The variables in which the scripts have to agree with it: they hold its secrets. */
  environment: z.record(z.string(), z.string()),
});
type ServerRecord = z.infer<typeof recordSchema>;

/** It holds passwords and keys. */
const readableByOwnerAlone = 0o600;

/** A development server that serves requests. */
export interface RunningServer {
  readonly processId: number;
  /** Its folder. */
  readonly folder: string;
  /** The address of its GraphQL endpoint. */
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The reason why there is no server to use. */
export type ServerAbsence = 'none' | 'starting' | 'stopping' | 'elsewhere';

/** The record in which a development server tells the scripts of its folder where it is. */
export interface ServerAnnouncement {
  serving(url: string, environment: Readonly<Record<string, string>>): Promise<void>;
  /** Says that it stops. Like {@link withdraw}, it never rejects: the stop has to go on. */
  stopping(): Promise<void>;
  /** Removes the record. */
  withdraw(): Promise<void>;
}

/**
 * Begins to announce this process as the development server of the folder; null while another one is.
 * @param ownsDatabase whether this process has the folder's database, so that nobody in another container has.
 */
export async function announceServer(
  ownsDatabase: boolean,
  folder = dataFolder,
): Promise<ServerAnnouncement | null> {
  const earlier = await readRecord(folder);
  const other = earlier ? await findProcess(earlier.process) : 'ended';
  if (other === 'running' || (other === 'elsewhere' && !ownsDatabase)) return null;
  const identity = await ownIdentity();
  let record: ServerRecord = { process: identity, state: 'starting', url: null, environment: {} };
  const write = (changes: Partial<ServerRecord>) => {
    record = { ...record, ...changes };
    return writeAtomically(recordIn(folder), JSON.stringify(record, null, 2), readableByOwnerAlone);
  };
  await mkdir(folder, { recursive: true });
  await write({});
  return {
    async serving(url, environment) {
      // Stopped halfway, a start goes on to its end.
      if (record.state === 'starting') await write({ state: 'serving', url, environment });
    },
    async stopping() {
      // Nobody is to start with its secrets any more. Whoever has removed the folder, to start over, has seen to that.
      await write({ state: 'stopping', environment: {} }).catch(() => undefined);
    },
    async withdraw() {
      const current = await readRecord(folder).catch(() => null);
      if (current && isSame(current.process, identity)) await rm(recordIn(folder), { force: true });
    },
  };
}

/**
 * Finds the development server of the folder, if it serves requests right now; a killed one has left its record.
 * @throws {UsageError} when its record can't be read.
 */
export async function findRunningServer(folder = dataFolder): Promise<RunningServer | ServerAbsence> {
  const record = await readRecord(folder);
  if (!record) return 'none';
  const found = await findProcess(record.process);
  if (found === 'ended') return 'none';
  if (found === 'elsewhere') return 'elsewhere';
  const { state, url, environment } = record;
  if (state !== 'serving' || url === null) return state === 'stopping' ? 'stopping' : 'starting';
  return { processId: record.process.processId, folder: resolve('.'), url, environment };
}

async function readRecord(folder: string): Promise<ServerRecord | null> {
  const text = await readIfPresent(recordIn(folder)).catch((cause) => {
    throw new UsageError(
      `${resolve(recordIn(folder))} can't be read: run this as the user who runs "npm run dev".`,
      { cause },
    );
  });
  if (text === undefined) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    // Of another version, whose server is not to be used either.
    return null;
  }
}

function recordIn(folder: string): string {
  return join(folder, 'server.json');
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.processId === other.processId &&
    one.start === other.start &&
    one.boot === other.boot &&
    one.container === other.container
  );
}
