import { z } from 'zod';

const portTakenSchema = z.object({ code: z.literal('EADDRINUSE') });

/** Says what to do when listening fails because the port is taken; null for any other failure. */
export function describePortTaken(error: unknown, port: number): string | null {
  return portTakenSchema.safeParse(error).success
    ? `Port ${port} is taken. Stop what uses it, or set API_PORT.`
    : null;
}
