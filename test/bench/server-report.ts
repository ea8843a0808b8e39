import { z } from 'zod';

/** The figures that a server process reports about itself: CPU milliseconds used so far, or live heap bytes. */
export type Question = 'cpu' | 'heap';

/** The first message of a server process. */
export const listeningSchema = z.object({ port: z.int() });
/** The answer to a {@link Question}. */
export const answerSchema = z.object({ answer: z.number() });

/** In a server process of the benchmark's own: tells it the port. */
export function announcePort(port: number): void {
  process.send?.({ port } satisfies z.input<typeof listeningSchema>);
}
