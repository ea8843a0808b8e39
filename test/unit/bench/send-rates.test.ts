import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { sendRates } from '../../bench/send-rates.ts';
import { listeningSchema } from '../../bench/server-report.ts';

const rates = (port: number, perSecond: number, seconds: number) => ({
  port,
  query: '{ answer }',
  seconds,
  senders: [{ token: 'token', expects: 'yes', perSecond }],
});

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
      const { milliseconds, answers } = await sendRates(rates(port, 100, 0.1));
      expect(answers).toEqual({ data: 10 });
      const total = milliseconds.reduce((sum, waited) => sum + waited, 0);
      // They were due 10 ms after one another, and none could be answered within the first 200.
      expect(total).toBeGreaterThanOrEqual(200 * 10 - 10 * 45);
    },
  );
});

it('counts other answers by error code, and times only the expected ones', async () => {
  const others = ['{"errors":[{"extensions":{"code":"TENANT_BUSY"}}]}', 'perhaps'];
  await serving(
    (turn, respond) => respond(['yes', ...others][turn % 3] ?? ''),
    async (port) => {
      const { milliseconds, answers } = await sendRates(rates(port, 1_000, 0.009));
      expect(answers).toEqual({ data: 3, TENANT_BUSY: 3, 'other data': 3 });
      expect(milliseconds).toHaveLength(3);
    },
  );
});

it('has no more requests in flight than a sender may have connections', async () => {
  let [most, now] = [0, 0];
  await serving(
    (_turn, respond) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        respond('yes');
      }, 50);
    },
    async (port) => {
      const { answers } = await sendRates(rates(port, 10_000, 0.03));
      expect(answers).toEqual({ data: 300 });
      expect(most).toBeLessThanOrEqual(250);
      expect(most).toBeGreaterThan(100);
    },
  );
});
