import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort } from '@cxg/local-processes';
import { z } from 'zod';
import { childEnvironment } from '../../src/config/process-environment.ts';
import { healthy } from './api-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { BenchFleet } from './fleet.ts';
import { serverEnvironment } from './server-process.ts';
import { findStartCommand, type StartCommand } from './start-command.ts';
import { spreadOf } from './statistics.ts';

/** After this, a process does nothing any more but wait. */
const settlingMilliseconds = 2_000;

const kilobytesPerMegabyte = 1_000;

/** The time until a started process serves, and its memory while idle. */
export async function measureIdleProcess({ fleet, scale }: Bench): Promise<Comparison[]> {
  const command = findStartCommand();
  const starts: Start[] = [];
  for (let round = 0; round < scale.rounds; round++) starts.push(await startAndStop(command, fleet));
  return [
    {
      title: `An idle process (${command.name})`,
      measured: [
        {
          name: 'from start to the first answer',
          figures: { seconds: spreadOf(starts.map((start) => start.seconds)) },
        },
        { name: 'memory, idle', figures: { 'MB RSS': spreadOf(starts.map((start) => start.megabytes)) } },
      ],
      ratios: [],
    },
  ];
}

interface Start {
  readonly seconds: number;
  readonly megabytes: number;
}

async function startAndStop({ flags, path }: StartCommand, { environment }: BenchFleet): Promise<Start> {
  const port = await findFreePort();
  const started = performance.now();
  const child = spawn(process.execPath, [...flags, path], {
    env: childEnvironment({
      ...serverEnvironment,
      ...environment,
      API_HOST: '127.0.0.1',
      API_PORT: String(port),
    }),
    stdio: ['ignore', 2, 2],
  });
  const exited = once(child, 'exit');
  try {
    await Promise.race([
      healthy(port),
      exited.then(() => Promise.reject(new Error('The server ended before it served.'))),
    ]);
    const seconds = (performance.now() - started) / 1_000;
    await delay(settlingMilliseconds);
    return { seconds, megabytes: await residentMegabytes(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

async function residentMegabytes(processId: number | undefined): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(processId)]);
  return z.coerce.number().positive().parse(stdout.trim()) / kilobytesPerMegabyte;
}
