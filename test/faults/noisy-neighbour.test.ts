import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../bench/server-process.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { type Outcome, type RateProcess, startRateProcess } from '../support/rates.ts';
import { makeResidents, percentile, type Residents } from '../support/residents.ts';

const tenantCount = 10;
const noise = 10;
/** What all send together when one of them is noisy, in shares of one of the quiet. */
const shares = tenantCount - 1 + noise;
const phaseSeconds = 3;
const phases = 5;
const body = JSON.stringify({ query: '{ me { fullName } }' });

type Load = { readonly perSecond: number } | { readonly atOnce: number };

let fleet: TestFleet;
let server: DatabaseServer;
let residents: Residents;
let api: ServerProcess;
let calm: RateProcess;
let loud: RateProcess;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  residents = await makeResidents(fleet, server, 'nois', tenantCount);
  api = await startServerProcess(new URL('../bench/api-server.ts', import.meta.url), fleet.environment);
  [calm, loud] = [startRateProcess(), startRateProcess()];
  await measureCapacity();
});
afterAll(async () => {
  await Promise.all([calm.stop(), loud.stop()]);
  await api.stop();
  await fleet.app.close();
  await residents.remove();
  await server.close();
  await fleet.close();
});

/** Two processes send: one for the tenant that may be noisy, and one for the others. */
async function send(seconds: number, loadOf: (isNoisy: boolean) => Load) {
  const rates = { port: api.port, body, seconds };
  const senders = residents.all.map(({ tenantKey, token }, index) => ({
    token,
    expects: `"Boss of ${tenantKey}"`,
    ...loadOf(index === 0),
  }));
  const [others, noisy] = await Promise.all([
    calm.send({ ...rates, senders: senders.slice(1) }),
    loud.send({ ...rates, senders: senders.slice(0, 1) }),
  ]);
  return { others, noisy };
}

/** Requests a second that all get answered when each tenant always has two under way. */
async function measureCapacity(): Promise<number> {
  const seconds = 4;
  const { others, noisy } = await send(seconds, () => ({ atOnce: 2 }));
  return ((others.answers.data ?? 0) + (noisy.answers.data ?? 0)) / seconds;
}

/** Every tenant asks at its own rate, whatever becomes of the others. */
function phase(perSecond: number, times: number) {
  return send(phaseSeconds, (isNoisy) => ({ perSecond: perSecond * (isNoisy ? times : 1) }));
}

function describeOutcome({ milliseconds, answers }: Outcome): string {
  const at = (share: number) => percentile(milliseconds, share).toFixed(0);
  return `${JSON.stringify(answers)}, p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms`;
}

function sum(outcomes: readonly Outcome[]): Outcome {
  const answers: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [kind, count] of Object.entries(outcome.answers)) answers[kind] = (answers[kind] ?? 0) + count;
  }
  return { milliseconds: outcomes.flatMap(({ milliseconds }) => milliseconds), answers };
}

/** How many times the others' p99 is beside a noisy tenant what it is beside one like them. */
async function measureNoise(title: string, share: number): Promise<{ ratio: number; loud: Outcome }> {
  const capacity = await measureCapacity();
  const perSecond = (capacity * share) / shares;
  const [quiet, loudOthers, loudNoisy]: [Outcome[], Outcome[], Outcome[]] = [[], [], []];
  // In turns, so that whatever else the machine does falls on both.
  for (let turn = 0; turn < phases; turn++) {
    quiet.push((await phase(perSecond, 1)).others);
    const { others, noisy } = await phase(perSecond, noise);
    loudOthers.push(others);
    loudNoisy.push(noisy);
  }
  const [before, beside] = [sum(quiet), sum(loudOthers)];
  const ratio = percentile(beside.milliseconds, 0.99) / percentile(before.milliseconds, 0.99);
  process.stdout.write(
    `noisy neighbour, ${title}, ${100 * share}% of ${capacity.toFixed(0)}/s: others beside one like them: ` +
      `${describeOutcome(before)}; beside one of ten times their load: ${describeOutcome(beside)}; ` +
      `p99 ratio ${ratio.toFixed(2)}; the noisy one: ${describeOutcome(sum(loudNoisy))}\n`,
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
