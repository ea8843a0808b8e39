/** A process that sends requests: in the test's own, one load would delay what is measured of another. */
import { Agent, request } from 'node:http';
import { z } from 'zod';
import { sendAtRate } from '../../scripts/support/open-loop.ts';
import { type Outcome, type Rates, ratesSchema, type Sender } from './rates.ts';

const maximumInFlight = 3_000;

/** Of one sender: a gateway, or fifty browsers, open no more at once, and what is due then waits in them. */
const mostConnections = 250;

const answerSchema = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).optional(),
});

async function send({ port, body, seconds, senders }: Rates): Promise<Outcome> {
  const milliseconds: number[] = [];
  const answers: Record<string, number> = {};

  const timed = async ({ token, expects }: Sender, agent: Agent): Promise<void> => {
    const begun = performance.now();
    const kind = await ask(agent, port, body, token).then(
      (text) => kindOf(text, expects),
      ({ message }: Error) => message,
    );
    milliseconds.push(performance.now() - begun);
    answers[kind] = (answers[kind] ?? 0) + 1;
  };

  const until = performance.now() + seconds * 1_000;
  const oneAfterTheOther = async (sender: Sender, agent: Agent): Promise<void> => {
    while (performance.now() < until) await timed(sender, agent);
  };
  const sendAll = async (sender: Sender, index: number, agent: Agent): Promise<void> => {
    if ('atOnce' in sender) {
      await Promise.all(Array.from({ length: sender.atOnce }, () => oneAfterTheOther(sender, agent)));
      return;
    }
    const { perSecond } = sender;
    // Not all at the same moment.
    await new Promise((resolve) => setTimeout(resolve, (index * 1_000) / perSecond / senders.length));
    await sendAtRate({ requestsPerSecond: perSecond, seconds, maximumInFlight }, () => timed(sender, agent));
  };

  await Promise.all(
    senders.map(async (sender, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: mostConnections });
      await sendAll(sender, index, agent);
      agent.destroy();
    }),
  );
  return { milliseconds, answers };
}

function ask(agent: Agent, port: number, body: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${token}`,
    };
    const options = { agent, host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function kindOf(text: string, expects: string): string {
  const { errors } = answerSchema.parse(JSON.parse(text));
  if (errors?.[0]) return errors[0].extensions.code;
  return text.includes(expects) ? 'data' : 'other data';
}

process.on('message', async (message) => {
  process.send?.(await send(ratesSchema.parse(message)));
});
process.once('disconnect', () => process.exit());
