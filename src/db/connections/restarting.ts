import { z } from 'zod';

const errorSchema = z.object({
  code: z.string().optional().catch(undefined),
  message: z.string().default(''),
});

/** Nothing listens, or the listener closes the connection or reports a shutdown or start (PostgreSQL's class 57P). */
const restartingCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|57P0[1-3])$/;

const restartingMessage = /^Connection terminated unexpectedly/;

/**
 * Returns whether the server has no connection left for us. Other processes release some once they learn that there is
 * one more process to share with.
 */
export function isFull(error: unknown): boolean {
  return errorSchema.safeParse(error).data?.code === '53300';
}

/** Returns whether a connection was refused as by a server that is being restarted. */
export function isRestarting(error: unknown): boolean {
  const { data } = errorSchema.safeParse(error);
  if (!data) return false;
  return data.code === undefined ? restartingMessage.test(data.message) : restartingCodes.test(data.code);
}
