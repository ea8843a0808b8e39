import { availableParallelism } from 'node:os';
import { startApi } from './api-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { Outcome } from './rates.ts';
import { pageMark, pageQuery } from './requests.ts';
import type { Scale } from './scale.ts';
import { startServerProcess } from './server-process.ts';
import { percentile, spreadOf } from './statistics.ts';
import { startTenantLoad, type TenantLoad } from './tenant-load.ts';
import { withServers } from './with-servers.ts';

/** The load of the noisy one, in those of another. */
const noise = 10;

/** The load of all together, noise included, as a share of what the machine can do. */
const levels = [0.7, 1.5];

/**
 * The effect on others of a tenant that sends ten times their load: their p99 beside it, against their p99 beside one
 * like them, at the same rate of their own. Once on a machine of the server's own, and once beside processes that take
 * half of it; what it can do is measured each time.
 */
export async function compareNoisyTenant(bench: Bench): Promise<Comparison[]> {
  return withServers([startApi(bench.fleet)], async ([api]) => {
    const tenants = bench.fleet.tenants.slice(0, bench.scale.noise.tenants);
    const tenantLoad = startTenantLoad(
      api.port,
      pageQuery,
      tenants.map(({ token }) => ({ token, expects: pageMark })),
    );
    try {
      await tenantLoad.measureCapacity(bench.scale.warmingMilliseconds / 1_000);
      const quiet = await compareLevels(bench.scale, tenantLoad, 'a quiet machine');
      const busy = Array.from({ length: Math.max(1, Math.floor(availableParallelism() / 2)) }, () =>
        startServerProcess(new URL('./busy-process.ts', import.meta.url), {}),
      );
      return await withServers(busy, async () => [
        ...quiet,
        ...(await compareLevels(bench.scale, tenantLoad, 'a machine of which half is taken')),
      ]);
    } finally {
      await tenantLoad.stop();
    }
  });
}

async function compareLevels(scale: Scale, tenantLoad: TenantLoad, machine: string): Promise<Comparison[]> {
  const capacity = await tenantLoad.measureCapacity(scale.noise.milliseconds / 1_000);
  const comparisons: Comparison[] = [];
  for (const level of levels)
    comparisons.push(await compareLevel(scale, tenantLoad, machine, { capacity, level }));
  return comparisons;
}

interface Level {
  /** Requests a second. */
  readonly capacity: number;
  readonly level: number;
}

interface Phase {
  readonly others: Figures;
  readonly noisy: Figures;
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
}

async function compareLevel(
  scale: Scale,
  tenantLoad: TenantLoad,
  machine: string,
  { capacity, level }: Level,
): Promise<Comparison> {
  const { tenants, rounds, milliseconds } = scale.noise;
  const others = tenants - 1;
  const rate = (capacity * level) / (others + noise);
  const phase = async (times: number): Promise<Phase> => {
    const sent = await tenantLoad.send(rate, times, milliseconds / 1_000);
    return { others: figuresOf(sent.others), noisy: figuresOf(sent.noisy) };
  };
  const found: { readonly like: Phase; readonly loud: Phase }[] = [];
  for (let round = 0; round < rounds; round++) found.push({ like: await phase(1), loud: await phase(noise) });
  const row = (name: string, figures: readonly Figures[]) => ({
    name,
    figures: {
      'p50 ms': spreadOf(figures.map(({ p50 }) => p50)),
      'p99 ms': spreadOf(figures.map(({ p99 }) => p99)),
      'refused %': spreadOf(figures.map(({ refused }) => refused * 100)),
    },
  });
  const ratio = (key: 'p50' | 'p99') =>
    spreadOf(found.map(({ like, loud }) => loud.others[key] / like.others[key]));
  const share = `${Math.round(level * 100)} %`;
  return {
    title: `${others} tenants beside one of ${noise} times their load, ${machine} at ${share} of its ${Math.round(capacity)} pages/s`,
    measured: [
      row(
        'others beside one like them',
        found.map(({ like }) => like.others),
      ),
      row(
        'others beside the noisy one',
        found.map(({ loud }) => loud.others),
      ),
      row(
        'the noisy one',
        found.map(({ loud }) => loud.noisy),
      ),
    ],
    ratios: [
      {
        name: 'others: noisy / like them',
        figures: { 'p50 ms': ratio('p50'), 'p99 ms': ratio('p99') },
      },
    ],
  };
}

/** @throws for an answer that is neither the page nor a refusal. */
function figuresOf({ milliseconds, answers }: Outcome): Figures {
  const { data: answered = 0, TENANT_BUSY: refused = 0, ...unexpected } = answers;
  if (Object.keys(unexpected).length > 0) throw new Error(`Answered: ${JSON.stringify(unexpected)}`);
  const at = (share: number) => (answered === 0 ? Number.NaN : percentile(milliseconds, share));
  return { p50: at(0.5), p99: at(0.99), refused: refused / Math.max(1, refused + answered) };
}
