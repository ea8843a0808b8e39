import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CentralClient } from '../db/central-client.ts';
import type { Logger } from '../logging/logger.ts';

/** This process's entry among those that share the servers. */
export interface ApiProcess {
  /** Announces this process, and repeats it regularly; resolves after the first time. */
  start(): Promise<void>;
  /** Says that it is gone. */
  close(): Promise<void>;
}

/** A new process waits this long at most for the others to close what is its share. */
const beatMilliseconds = 2_000;

/** A process that says nothing for so long is gone, or its connections soon are. */
const lifeSeconds = 10;

const othersSchema = z.tuple([z.object({ others: z.int() })]);

/**
 * Creates the entry of one process.
 * @param onCount hears how many processes there are, this one included, whenever it was counted.
 */
export function createApiProcess(
  central: CentralClient,
  onCount: (processes: number) => void,
  logger: Logger,
): ApiProcess {
  const id = randomUUID();
  let closing = false;
  let isHeard = true;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();

  async function beat(): Promise<void> {
    try {
      const rows = await central.$queryRaw`
        WITH gone AS (
          DELETE FROM api_processes WHERE id IN (
            SELECT id FROM api_processes
            WHERE id <> ${id}::uuid AND seen_at < now() - make_interval(secs => ${lifeSeconds})
            FOR UPDATE SKIP LOCKED)
        ), here AS (
          INSERT INTO api_processes (id, seen_at) VALUES (${id}::uuid, now())
          ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        )
        SELECT count(*)::int AS others FROM api_processes
        WHERE id <> ${id}::uuid AND seen_at >= now() - make_interval(secs => ${lifeSeconds})`;
      onCount(othersSchema.parse(rows)[0].others + 1);
      isHeard = true;
    } catch (error) {
      // The last count stays: while the central database is away, processes come and go as seldom as otherwise.
      if (isHeard)
        logger.warn(
          { err: error },
          'This process can’t say in the central database that it is there: others may soon take its share of the connections',
        );
      isHeard = false;
    }
  }

  async function goOn(): Promise<void> {
    await beat();
    if (closing) return;
    timer = setTimeout(() => {
      beating = goOn();
    }, beatMilliseconds);
    timer.unref();
  }

  return {
    start() {
      beating = goOn();
      return beating;
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      await beating;
      // Otherwise it is forgotten after a while.
      await central.apiProcess.deleteMany({ where: { id } }).catch(() => undefined);
    },
  };
}
