import type { Spread } from './statistics.ts';

/** The figures of one subject by column, with units in the columns' names. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, Spread>>;
}

/** Things measured side by side, and what each is of the other. */
export interface Comparison {
  readonly title: string;
  readonly measured: readonly Row[];
  readonly ratios: readonly Row[];
}
