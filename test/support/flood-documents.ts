import { z } from 'zod';
import { createAppWithoutDatabases } from './app-without-databases.ts';

// Sends COUNT different documents, and prints by how many bytes of heap the process has grown.
const { COUNT, KIND } = z
  .object({ COUNT: z.coerce.number().int(), KIND: z.enum(['comments', 'tokens', 'wrong']) })
  .parse(process.env);
const collectGarbage = z.custom<() => void>((value) => typeof value === 'function').parse(globalThis.gc);

/** Not only Latin, so that each character takes two bytes. */
const filler = `가 ${'x'.repeat(1_000_000)}`;

const documents = {
  comments: (index: number) => `#${index} ${filler}\n{ __typename }`,
  tokens: (index: number) =>
    `{ ${Array.from({ length: 600 }, (_, n) => `a${index}_${n}: __typename`).join(' ')} }`,
  wrong: (index: number) => `#${index} ${filler}\n{ __typename`,
};

const { app } = createAppWithoutDatabases({ LOG_LEVEL: 'silent' });

async function send(index: number): Promise<void> {
  const body = JSON.stringify({ query: documents[KIND](index) });
  const headers = { 'content-type': 'application/json' };
  const response = await app.fetch(new Request('http://api.test/graphql', { method: 'POST', headers, body }));
  const { errors } = z.object({ errors: z.array(z.unknown()).default([]) }).parse(await response.json());
  if (errors.length > 0 !== (KIND === 'wrong')) throw new Error('It was answered otherwise.');
}

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const warmUp = 5;
for (let index = 0; index < warmUp; index++) await send(index);
const before = heap();
for (let index = warmUp; index < warmUp + COUNT; index++) await send(index);
process.stdout.write(`${heap() - before}\n`);
await app.close();
