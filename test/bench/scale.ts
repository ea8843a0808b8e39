/** How much is measured. */
export interface Scale {
  readonly tenants: number;
  readonly coldTenants: number;
  readonly heapTenants: number;
  readonly unmigratedTenants: number;
  /** Half of them behind a pooler. */
  readonly pooledTenants: number;
  readonly connections: number;
  readonly rounds: number;
  readonly roundMilliseconds: number;
}

/** Under three minutes on two quiet cores. */
export const fullScale: Scale = {
  tenants: 200,
  coldTenants: 30,
  heapTenants: 100,
  unmigratedTenants: 12,
  pooledTenants: 100,
  connections: 10,
  rounds: 5,
  roundMilliseconds: 2_500,
};

/** To see that everything runs: the figures are not to be quoted. */
export const quickScale: Scale = {
  tenants: 40,
  coldTenants: 10,
  heapTenants: 20,
  unmigratedTenants: 2,
  pooledTenants: 20,
  connections: 10,
  rounds: 3,
  roundMilliseconds: 700,
};
