import { z } from 'zod';

const portTakenSchema = z.object({ code: z.literal('EADDRINUSE') });

/** Explains what to do when the port is already in use; null for any other failure. */
export function describePortTaken(error: unknown, port: number): string | null {
  return portTakenSchema.safeParse(error).success
    ? `Port ${port} is already in use. Stop the process that uses it, or set API_PORT.`
    : null;
}
