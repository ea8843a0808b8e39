import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { print, printJson, runScript, script, UsageError } from '../../scripts/support/script.ts';
import { startApi } from './api-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import { withFleet } from './fleet.ts';
import { formatComparison } from './format.ts';
import { type Part, parts, poolerPart } from './parts.ts';
import { findPeers, peersHint } from './peers.ts';
import { withPostgres } from './postgres.ts';
import { fullScale, quickScale } from './scale.ts';
import { findStartCommand } from './start-command.ts';
import { withServers } from './with-servers.ts';

const program = script(
  'bench',
  `Measures this API side by side with the least that could do the same, and prints ratios: those hold from one
machine to another, the figures do not. In brackets is the spread over the rounds. Everything runs on this machine:
PostgreSQL from npm in a temporary folder that is removed afterwards, the servers, each in a process of its own, and the
load. PostgreSQL runs without waiting for the disk (fsync and synchronous_commit off). The API is what npm start runs.
Takes about thirteen minutes and 3 GB of disk.`,
)
  .option('--quick', 'small and short, only to see that everything runs')
  .option('--only <parts>', `some of ${parts.map(({ name }) => name).join(', ')}; separated by commas`)
  .option(
    '--peers <folder>',
    'compares with PostGraphile 5 too, which is in this folder’s node_modules; also the variable BENCH_PEERS',
  )
  .option('--pooler', 'only compares direct connections with those through PgBouncer');

const stopRequested = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => reject(new Error('Stopped before it had finished.')));
  }
});
// A signal may come before anything waits for it; whoever waits later hears of it then.
stopRequested.catch(() => undefined);

await runScript(program, async () => {
  const { json, quick, pooler, only, peers } = z
    .object({
      json: z.boolean().default(false),
      quick: z.boolean().default(false),
      pooler: z.boolean().default(false),
      only: z.string().optional(),
      peers: z.string().default(process.env.BENCH_PEERS ?? ''),
    })
    .parse(program.opts());
  const scale = quick ? quickScale : fullScale;
  const chosen = pooler ? [poolerPart] : choose(only);
  const found = peers === '' ? null : findPeers(peers);
  const say = json ? () => {} : print;
  say(
    `Node.js ${process.version}, ${availableParallelism()} cores, ${scale.connections} connections, ${findStartCommand().name}\n`,
  );
  const comparisons = await withPostgres((superuserUrl) => {
    const tenants = Math.max(1, ...chosen.map((part) => part.tenants(scale)));
    return Promise.race([
      stopRequested,
      withFleet(superuserUrl, tenants, (fleet) =>
        runParts(chosen, { superuserUrl, fleet, scale, peers: found }, (comparison) =>
          say(`${formatComparison(comparison)}\n`),
        ),
      ),
    ]);
  });
  if (!found && chosen.some(({ name }) => name === 'page')) say(peersHint);
  if (json) {
    printJson({
      node: process.version,
      cores: availableParallelism(),
      program: findStartCommand().name,
      scale,
      comparisons,
    });
  }
  return 0;
});
// What was stopped halfway must not keep the process alive.
process.exit();

function choose(names: string | undefined): readonly Part[] {
  if (names === undefined) return parts;
  const asked = names.split(',');
  const unknown = asked.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0)
    throw new UsageError(`There is nothing to measure of the name ${unknown.join(', ')}.`);
  return parts.filter(({ name }) => asked.includes(name));
}

async function runParts(
  chosen: readonly Part[],
  bench: Bench,
  show: (comparison: Comparison) => void,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  // What a first start prepares must not count as anything's, nor be prepared by two at once.
  await withServers([startApi(bench.fleet)], async () => {});
  for (const part of chosen) {
    const found = await part.run(bench);
    found.forEach(show);
    comparisons.push(...found);
  }
  return comparisons;
}
