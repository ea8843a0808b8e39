import { type Outcome, startRateProcess } from './rates.ts';

/** A tenant that sends, and what its answers have in them. */
export interface LoadedTenant {
  readonly token: string;
  readonly expects: string;
}

/** The outcomes of the tenants' requests. */
export interface NeighbourOutcomes {
  readonly others: Outcome;
  readonly noisy: Outcome;
}

/** Tenants that send to one server. The first may be noisy, and sends from a process of its own. */
export interface TenantLoad {
  /** Returns the requests answered per second when each tenant always has two in progress. */
  measureCapacity(seconds: number): Promise<number>;
  /**
   * Every tenant sends at its own rate, whatever becomes of the others' requests.
   * @param noise how many times another tenant's rate the first one's is.
   */
  send(perSecond: number, noise: number, seconds: number): Promise<NeighbourOutcomes>;
  stop(): Promise<void>;
}

/** Starts the processes that send. */
export function startTenantLoad(port: number, query: string, tenants: readonly LoadedTenant[]): TenantLoad {
  const [calm, loud] = [startRateProcess(), startRateProcess()];

  async function sendAll(
    seconds: number,
    loadOf: (isNoisy: boolean) => { perSecond: number } | { atOnce: number },
  ): Promise<NeighbourOutcomes> {
    const senders = tenants.map((tenant, index) => ({ ...tenant, ...loadOf(index === 0) }));
    const rates = { port, query, seconds };
    const [others, noisy] = await Promise.all([
      calm.send({ ...rates, senders: senders.slice(1) }),
      loud.send({ ...rates, senders: senders.slice(0, 1) }),
    ]);
    return { others, noisy };
  }

  return {
    async measureCapacity(seconds) {
      const { others, noisy } = await sendAll(seconds, () => ({ atOnce: 2 }));
      const { data: _, ...failures } = poolOutcomes([others, noisy]).answers;
      if (Object.keys(failures).length > 0) throw new Error(`Answered: ${JSON.stringify(failures)}`);
      return (others.milliseconds.length + noisy.milliseconds.length) / seconds;
    },
    send: (perSecond, noise, seconds) =>
      sendAll(seconds, (isNoisy) => ({ perSecond: isNoisy ? perSecond * noise : perSecond })),
    async stop() {
      await Promise.all([calm.stop(), loud.stop()]);
    },
  };
}

/** Several phases as one. */
export function poolOutcomes(outcomes: readonly Outcome[]): Outcome {
  const answers: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [kind, count] of Object.entries(outcome.answers)) answers[kind] = (answers[kind] ?? 0) + count;
  }
  return { milliseconds: outcomes.flatMap(({ milliseconds }) => milliseconds), answers };
}
