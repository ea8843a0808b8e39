import type { Comparison, Row } from './comparison.ts';
import { type Arm, type LoadFigures, type LoadOptions, putUnderLoad } from './load.ts';
import { spreadOf } from './statistics.ts';

/** The subjects to compare. */
export interface LoadComparison extends LoadOptions {
  readonly title: string;
  readonly rounds: number;
  readonly warmingMilliseconds: number;
  readonly arms: readonly Arm[];
  readonly ratios: readonly LoadRatio[];
}

/** A ratio of what arms came to within one round. */
export interface LoadRatio {
  readonly name: string;
  readonly of: (figure: (arm: Arm) => number) => number;
}

const columns = {
  'requests/s': 'requestsPerSecond',
  'p50 ms': 'p50',
  'p99 ms': 'p99',
  'CPU ms/request': 'cpuPerRequest',
} as const satisfies Record<string, keyof LoadFigures>;

/** The ratio of one arm to another. */
export function ratioOf(arm: Arm, reference: Arm): LoadRatio {
  return { name: `${arm.name} / ${reference.name}`, of: (figure) => figure(arm) / figure(reference) };
}

/**
 * Puts all arms under load in turn, round after round, so that whatever else the machine does meets all of
 * them. Ratios are taken within a round.
 */
export async function compareLoads(comparison: LoadComparison): Promise<Comparison> {
  const { arms, connections, warmingMilliseconds: milliseconds } = comparison;
  for (const arm of arms) {
    const { warmingTimes: timesEach = 0 } = arm;
    await putUnderLoad(arm, { connections, milliseconds, timesEach });
  }
  const rounds: ReadonlyMap<Arm, LoadFigures>[] = [];
  for (let round = 0; round < comparison.rounds; round++) {
    const figures = new Map<Arm, LoadFigures>();
    for (const arm of arms) figures.set(arm, await putUnderLoad(arm, comparison));
    rounds.push(figures);
  }
  const row = (name: string, value: LoadRatio['of']): Row => ({
    name,
    figures: Object.fromEntries(
      Object.entries(columns).map(([column, key]) => [
        column,
        spreadOf(rounds.map((figures) => value((arm) => figures.get(arm)?.[key] ?? Number.NaN))),
      ]),
    ),
  });
  return {
    title: comparison.title,
    measured: arms.map((arm) => row(arm.name, (figure) => figure(arm))),
    ratios: comparison.ratios.map(({ name, of }) => row(name, of)),
  };
}
