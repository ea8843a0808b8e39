import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Whose requests to send: at a constant rate, or so many at once, each as soon as the one before is answered. */
const senderSchema = z.intersection(
  z.object({
    token: z.string(),
    /** The text that every answer with data must contain. */
    expects: z.string(),
  }),
  z.union([z.object({ perSecond: z.number() }), z.object({ atOnce: z.int() })]),
);

/** What to send. */
export const ratesSchema = z.object({
  port: z.int(),
  query: z.string(),
  seconds: z.number(),
  senders: z.array(senderSchema),
});
/** What to send. */
export type Rates = z.output<typeof ratesSchema>;

/**
 * The outcomes: the number of answers of each kind (`data`, `other data`, an error's code or the reason why there is
 * none), and the milliseconds from when each that got its data was due until it did. So neither a server nor a sender
 * that falls behind makes itself better than it is.
 */
export const outcomeSchema = z.object({
  milliseconds: z.array(z.number()),
  answers: z.record(z.string(), z.int()),
});
/** The outcomes. */
export type Outcome = z.output<typeof outcomeSchema>;

/** A process that sends requests. */
export interface RateProcess {
  send(rates: Rates): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts a process that sends requests. */
export function startRateProcess(): RateProcess {
  const child = fork(fileURLToPath(new URL('./rate-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const exited = once(child, 'exit');
  return {
    async send(rates) {
      const answer = once(child, 'message');
      child.send(rates);
      const ended = exited.then(() => Promise.reject(new Error('The process that sends has ended.')));
      const [outcome] = await Promise.race([answer, ended]);
      return outcomeSchema.parse(outcome);
    },
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
