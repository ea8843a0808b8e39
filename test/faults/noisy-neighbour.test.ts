import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../bench/rates.ts';
import { type ServerProcess, startServerProcess } from '../bench/server-process.ts';
import { poolOutcomes, startTenantLoad, type TenantLoad } from '../bench/tenant-load.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { createLoadTenants, type LoadTenants, percentile } from '../support/load-tenants.ts';

const tenantCount = 10;
const noise = 10;
/** The total load with one noisy tenant, in units of a quiet tenant's load. */
const shares = tenantCount - 1 + noise;
const phaseSeconds = 3;
const phases = 10;
const capacitySeconds = 4;
const query = '{ me { fullName } }';

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;
let api: ServerProcess;
let tenantLoad: TenantLoad;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'nois', tenantCount);
  api = await startServerProcess(new URL('../bench/api-server.ts', import.meta.url), fleet.environment);
  const tenants = loadTenants.all.map(({ tenantKey, token }) => ({
    token,
    expects: `"Boss of ${tenantKey}"`,
  }));
  tenantLoad = startTenantLoad(api.port, query, tenants);
  await tenantLoad.measureCapacity(capacitySeconds);
});
afterAll(async () => {
  await tenantLoad.stop();
  await api.stop();
  await fleet.app.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
});

function describeOutcome({ milliseconds, answers }: Outcome): string {
  const at = (share: number) => percentile(milliseconds, share).toFixed(0);
  return `${JSON.stringify(answers)}, p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms`;
}

/** Returns the ratio of the others' p99 beside a noisy tenant to that beside a quiet one. */
async function measureNoise(title: string, share: number): Promise<{ ratio: number; loud: Outcome }> {
  const capacity = await tenantLoad.measureCapacity(capacitySeconds);
  const perSecond = (capacity * share) / shares;
  const [quiet, loudOthers, loudNoisy]: [Outcome[], Outcome[], Outcome[]] = [[], [], []];
  // The first flood opens connections, and compiles what only a flood needs.
  await tenantLoad.send(perSecond, noise, phaseSeconds);
  // In turns, so that whatever else the machine does falls on both.
  for (let turn = 0; turn < phases; turn++) {
    quiet.push((await tenantLoad.send(perSecond, 1, phaseSeconds)).others);
    const { others, noisy } = await tenantLoad.send(perSecond, noise, phaseSeconds);
    loudOthers.push(others);
    loudNoisy.push(noisy);
  }
  const [before, beside] = [poolOutcomes(quiet), poolOutcomes(loudOthers)];
  const ratio = percentile(beside.milliseconds, 0.99) / percentile(before.milliseconds, 0.99);
  process.stdout.write(
    `noisy neighbour, ${title}, ${100 * share}% of ${capacity.toFixed(0)}/s: others beside one like them: ` +
      `${describeOutcome(before)}; beside one of ten times their load: ${describeOutcome(beside)}; ` +
      `p99 ratio ${ratio.toFixed(2)}; the noisy one: ${describeOutcome(poolOutcomes(loudNoisy))}\n`,
  );
  return { ratio, loud: beside };
}

describe.each([
  { title: 'alone on the machine', beside: 0 },
  { title: 'beside a process that takes all it can get', beside: 1 },
])('a tenant that sends ten times the load, $title,', ({ title, beside }) => {
  it.each([0.7, 1.5])(
    'does not raise the others’ p99 by more than half at %d of the capacity',
    async (share) => {
      const busy = Array.from({ length: beside }, () => spawn(process.execPath, ['-e', 'for (;;);']));
      try {
        const { ratio, loud: outcome } = await measureNoise(title, share);
        expect(Object.keys(outcome.answers)).toEqual(['data']);
        expect(ratio).toBeLessThanOrEqual(1.5);
      } finally {
        for (const child of busy) {
          const exited = once(child, 'exit');
          child.kill();
          await exited;
        }
      }
    },
  );
});
