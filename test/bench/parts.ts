import type { Bench } from './bench-context.ts';
import { compareColdTenants } from './cold-tenants.ts';
import type { Comparison } from './comparison.ts';
import { compareCrmPages } from './crm-pages.ts';
import { compareFleetMigrations } from './fleet-migration.ts';
import { measureIdleProcess } from './idle-process.ts';
import { compareManyTenants } from './many-tenants.ts';
import { compareNoisyTenant } from './noisy-tenant.ts';
import { compareCachedPage, comparePage, compareTypename } from './page.ts';
import { comparePooler } from './poolers.ts';
import type { Scale } from './scale.ts';
import { measureTenantHeap } from './tenant-heap.ts';
import { compareWrites } from './writes.ts';

/** Something that can be measured by itself. */
export interface Part {
  readonly name: string;
  /** The required number. */
  readonly tenants: (scale: Scale) => number;
  readonly run: (bench: Bench) => Promise<Comparison[]>;
}

/** In an order in which each part finds the tenants as untouched as it needs them. */
export const parts: readonly Part[] = [
  { name: 'cold', tenants: ({ coldTenants }) => 1 + coldTenants, run: compareColdTenants },
  { name: 'page', tenants: () => 1, run: comparePage },
  { name: 'cache', tenants: () => 1, run: compareCachedPage },
  { name: 'typename', tenants: () => 1, run: compareTypename },
  { name: 'heap', tenants: ({ heapTenants }) => 1 + heapTenants, run: measureTenantHeap },
  { name: 'tenants', tenants: ({ tenants }) => tenants, run: compareManyTenants },
  { name: 'noise', tenants: ({ noise }) => noise.tenants, run: compareNoisyTenant },
  { name: 'writes', tenants: () => 1, run: compareWrites },
  { name: 'crm', tenants: () => 1, run: compareCrmPages },
  { name: 'idle', tenants: () => 0, run: measureIdleProcess },
  { name: 'migration', tenants: () => 0, run: compareFleetMigrations },
];

/** Needs PgBouncer, and moves tenants behind it. */
export const poolerPart: Part = {
  name: 'pooler',
  tenants: ({ pooledTenants }) => pooledTenants,
  run: comparePooler,
};
