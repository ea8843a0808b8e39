import { z } from 'zod';

/** What a server process can be asked about itself: CPU milliseconds used so far, or live heap bytes. */
const questionSchema = z.enum(['cpu', 'heap']);
/** One of these questions. */
export type Question = z.output<typeof questionSchema>;

/** The first message of a server process. */
export const listeningSchema = z.object({ port: z.int() });
/** The answer to a {@link Question}. */
export const answerSchema = z.object({ answer: z.number() });

/** In a server process: tells the benchmark the port, answers its questions, and ends when it does. */
export function reportToBenchmark(port: number): void {
  process.on('message', (question) => {
    process.send?.({ answer: measure(questionSchema.parse(question)) } satisfies z.input<
      typeof answerSchema
    >);
  });
  process.once('disconnect', () => process.exit());
  process.send?.({ port } satisfies z.input<typeof listeningSchema>);
}

function measure(question: Question): number {
  switch (question) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    }
    case 'heap':
      if (!globalThis.gc) throw new Error('Start this process with --expose-gc.');
      // What the first collection finalises, only the second one frees.
      globalThis.gc();
      globalThis.gc();
      return process.memoryUsage().heapUsed;
  }
}
