/** The scale of the measurements. */
export interface Scale {
  /** Asked in turn. */
  readonly tenants: number;
  /** Half of them are asked of a bare server. */
  readonly coldTenants: number;
  readonly heapTenants: number;
  readonly unmigratedTenants: number;
  /** Half of them behind a pooler. */
  readonly pooledTenants: number;
  readonly connections: number;
  readonly rounds: number;
  /** Of one arm, before the first round: code that has run for long is compiled better. */
  readonly warmingMilliseconds: number;
  /** Of one arm in one round. */
  readonly milliseconds: number;
  readonly noise: {
    /** The noisy one among them. */
    readonly tenants: number;
    readonly rounds: number;
    readonly milliseconds: number;
  };
}

/** Some thirteen minutes on two quiet cores. */
export const fullScale: Scale = {
  tenants: 200,
  coldTenants: 60,
  heapTenants: 100,
  unmigratedTenants: 12,
  pooledTenants: 100,
  connections: 10,
  rounds: 5,
  warmingMilliseconds: 6_000,
  milliseconds: 2_500,
  noise: { tenants: 11, rounds: 5, milliseconds: 4_000 },
};

/** To see that everything runs: the figures are not to be quoted. */
export const quickScale: Scale = {
  tenants: 40,
  coldTenants: 12,
  heapTenants: 20,
  unmigratedTenants: 2,
  pooledTenants: 20,
  connections: 10,
  rounds: 3,
  warmingMilliseconds: 500,
  milliseconds: 500,
  noise: { tenants: 11, rounds: 2, milliseconds: 1_000 },
};
