import type { Comparison, Row } from './comparison.ts';
import { type Arm, type LoadFigures, type LoadOptions, putUnderLoad } from './load.ts';
import { median } from './statistics.ts';

/** What to compare. */
export interface LoadComparison extends LoadOptions {
  readonly title: string;
  readonly rounds: number;
  /** What the others are compared with. */
  readonly reference: Arm;
  readonly others: readonly Arm[];
}

const columns = {
  'requests/s': 'requestsPerSecond',
  'p50 ms': 'p50',
  'p99 ms': 'p99',
  'CPU ms/request': 'cpuPerRequest',
} as const satisfies Record<string, keyof LoadFigures>;

/**
 * Puts all arms under load in turn, round after round, so that whatever else the machine does meets all of
 * them. Ratios are taken within a round; everything reported is a median over the rounds.
 */
export async function compareLoads(comparison: LoadComparison): Promise<Comparison> {
  const arms = [comparison.reference, ...comparison.others];
  for (const arm of arms) await putUnderLoad(arm, comparison);
  const rounds: (readonly LoadFigures[])[] = [];
  for (let round = 0; round < comparison.rounds; round++) {
    const figures: LoadFigures[] = [];
    for (const arm of arms) figures.push(await putUnderLoad(arm, comparison));
    rounds.push(figures);
  }
  const row = (
    name: string,
    figure: (figures: readonly LoadFigures[], key: keyof LoadFigures) => number,
  ): Row => ({
    name,
    figures: Object.fromEntries(
      Object.entries(columns).map(([column, key]) => [
        column,
        median(rounds.map((round) => figure(round, key))),
      ]),
    ),
  });
  const of = (figures: readonly LoadFigures[], index: number, key: keyof LoadFigures) =>
    figures[index]?.[key] ?? Number.NaN;
  return {
    title: comparison.title,
    measured: arms.map(({ name }, index) => row(name, (figures, key) => of(figures, index, key))),
    ratios: comparison.others.map(({ name }, index) =>
      row(
        `${name} / ${comparison.reference.name}`,
        (figures, key) => of(figures, index + 1, key) / of(figures, 0, key),
      ),
    ),
  };
}
