import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { childEnvironment } from '../../src/config/process-environment.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import { single } from './statistics.ts';

const command = fileURLToPath(new URL('../../scripts/migrate-all-tenants.ts', import.meta.url));

const outcomeSchema = z.object({ tenants: z.array(z.object({ status: z.literal('migrated') })) });

interface Engine {
  readonly name: string;
  readonly flags: readonly string[];
}

const inProcess: Engine = {
  name: 'in this process, 4 at a time',
  flags: ['--engine=wasm', '--concurrency=4'],
};
const cliFourAtATime: Engine = {
  name: 'prisma CLI, 4 at a time',
  flags: ['--engine=cli', '--concurrency=4'],
};
const cliLoop: Engine = { name: 'prisma CLI, in a loop', flags: ['--engine=cli', '--concurrency=1'] };

/** The command `migrate-all-tenants`, from start to exit, on empty databases: its own engine against Prisma's CLI. */
export async function compareFleetMigrations({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenants = scale.unmigratedTenants;
  let runs = 0;
  const secondsPerTenant = async ({ flags }: Engine): Promise<number> => {
    const tenantKeys = await fleet.addUnmigrated(`empty${runs++}`, tenants);
    const started = performance.now();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', command, '--json', ...flags, ...tenantKeys.map((key) => `--tenant-key=${key}`)],
      { env: childEnvironment(fleet.environment) },
    );
    const seconds = (performance.now() - started) / 1_000;
    if (outcomeSchema.parse(JSON.parse(stdout)).tenants.length !== tenants) {
      throw new Error('Not every tenant was migrated.');
    }
    return seconds / tenants;
  };
  const row = (name: string, seconds: number) => ({ name, figures: { 's/tenant': single(seconds) } });

  // The one that is much shorter is run before and after the others, because noise weighs more in it.
  const first = await secondsPerTenant(inProcess);
  const fourAtATime = await secondsPerTenant(cliFourAtATime);
  const loop = await secondsPerTenant(cliLoop);
  const own = (first + (await secondsPerTenant(inProcess))) / 2;
  return [
    {
      title: `migrate-all-tenants on ${tenants} empty databases, from start to exit`,
      measured: [row(inProcess.name, own), row(cliFourAtATime.name, fourAtATime), row(cliLoop.name, loop)],
      ratios: [
        row(`${cliFourAtATime.name} / ${inProcess.name}`, fourAtATime / own),
        row(`${cliLoop.name} / ${inProcess.name}`, loop / own),
      ],
    },
  ];
}
