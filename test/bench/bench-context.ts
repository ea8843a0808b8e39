import type { BenchFleet } from './fleet.ts';
import type { Peers } from './peers.ts';
import type { Scale } from './scale.ts';

/** The environment of the measurements. */
export interface Bench {
  readonly superuserUrl: string;
  readonly fleet: BenchFleet;
  readonly scale: Scale;
  readonly peers: Peers | null;
}
