import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { sendAtFixedRate } from '../../bench/fixed-rate.ts';
import { graphqlRequest } from '../../bench/requests.ts';
import { listeningSchema } from '../../bench/server-report.ts';

const request = graphqlRequest('token', {}, (body) => body.equals(Buffer.from('yes')));
const isRefusal = (body: Buffer) => body.equals(Buffer.from('no'));

/** Serves on 127.0.0.1 while `work` runs. */
async function serving(
  answer: (turn: number, respond: (body: string) => void) => void,
  work: (port: number) => Promise<void>,
): Promise<void> {
  let turn = 0;
  const server = createServer((_request, response) =>
    answer(turn++, (body) => response.writeHead(200, { 'content-length': body.length }).end(body)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(listeningSchema.parse(server.address()).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('counts the time from when a request was due, also of one that could only be sent later', async () => {
  await serving(
    (turn, respond) => {
      const until = performance.now() + 200;
      // The sender shares this thread, and can't send while the first answer is made.
      while (turn === 0 && performance.now() < until);
      respond('yes');
    },
    async (port) => {
      const { answered, refused } = await sendAtFixedRate(
        port,
        { request, isRefusal, requestsPerSecond: 100 },
        100,
        0,
      );
      expect(refused).toBe(0);
      expect(answered).toHaveLength(10);
      const total = answered.reduce((sum, milliseconds) => sum + milliseconds, 0);
      // They were due 10 ms after one another, and none could be answered within the first 200.
      expect(total).toBeGreaterThanOrEqual(200 * 10 - 10 * 45);
    },
  );
});

it('counts refusals apart from answers', async () => {
  await serving(
    (turn, respond) => respond(turn % 2 === 0 ? 'yes' : 'no'),
    async (port) => {
      const { answered, refused } = await sendAtFixedRate(
        port,
        { request, isRefusal, requestsPerSecond: 1_000 },
        10,
        0,
      );
      expect([answered.length, refused]).toEqual([5, 5]);
    },
  );
});

it('takes no other answer for a refusal', async () => {
  await serving(
    (_turn, respond) => respond('perhaps'),
    async (port) => {
      const sending = sendAtFixedRate(port, { request, isRefusal, requestsPerSecond: 1_000 }, 10, 0);
      await expect(sending).rejects.toThrow('The server answered 200: perhaps');
    },
  );
});
