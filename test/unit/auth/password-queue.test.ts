import { describe, expect, it } from 'vitest';
import { createPasswordQueue, type PasswordQueue } from '../../../src/auth/password-queue.ts';
import { TenantBusyError } from '../../../src/errors/index.ts';

/** Creates a queue whose hashes take as long as the test wants, and that records the order in which they begin. */
function createHeldQueue(atOnce: number) {
  const begun: string[] = [];
  const finish: (() => void)[] = [];
  let underWay = 0;
  let most = 0;
  const work = async (password: string) => {
    begun.push(password);
    most = Math.max(most, ++underWay);
    await new Promise<void>((resolve) => finish.push(resolve));
    underWay--;
    return password;
  };
  const queue = createPasswordQueue(atOnce, {
    hash: work,
    verify: async (_hash, password) => (await work(password)) === password,
    verifyAgainstNothing: async (password) => {
      await work(password);
      return false;
    },
  });
  /** Finishes the hashes one after another until none is left. */
  async function finishAll(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = finish.shift();
      if (!next) return;
      next();
    }
  }
  return { queue, begun, finishAll, most: () => most };
}

const ask = (queue: PasswordQueue, tenant: string, member: string, times: number) =>
  Array.from({ length: times }, () => queue.of({ tenant, member }).hash(`${tenant} ${member}`));

describe('hashing', () => {
  it('is never done for more than a few at once, whatever it is and whomever for', async () => {
    const { queue, finishAll, most } = createHeldQueue(2);
    const all = [
      ...ask(queue, 'acme01', 'a', 5),
      ...ask(queue, 'beta02', 'b', 5),
      queue.of({ tenant: 'acme01', member: 'c' }).verify('hash', 'x'),
      queue.of({ tenant: 'network 192.0.2.1', member: 'network 192.0.2.1' }).verifyAgainstNothing('x'),
    ];
    await finishAll();
    expect(await Promise.all(all)).toHaveLength(12);
    expect(most()).toBe(2);
  });

  it('is every tenant’s turn after the other, and within one every member’s, however many wait', async () => {
    const { queue, begun, finishAll } = createHeldQueue(1);
    const all = [
      ...ask(queue, 'acme01', 'flood', 4),
      ...ask(queue, 'acme01', 'quiet', 1),
      ...ask(queue, 'beta02', 'quiet', 1),
    ];
    await finishAll();
    await Promise.all(all);
    expect(begun).toEqual([
      'acme01 flood',
      'beta02 quiet',
      'acme01 quiet',
      'acme01 flood',
      'acme01 flood',
      'acme01 flood',
    ]);
  });

  it('is refused at once to whom it would not come in time, and to nobody else', async () => {
    const { queue, finishAll } = createHeldQueue(1);
    const flood = ask(queue, 'acme01', 'flood', 150).map((hash) =>
      hash.then(
        () => 'hashed',
        (error: unknown) => (error instanceof TenantBusyError ? error.details : error),
      ),
    );
    const others = [...ask(queue, 'acme01', 'quiet', 1), ...ask(queue, 'beta02', 'quiet', 1)];
    await finishAll();
    await Promise.all(others);
    const answers = await Promise.all(flood);
    expect(answers.filter((answer) => answer === 'hashed')).toHaveLength(101);
    expect(answers.at(-1)).toEqual({ retryAfter: 1, retryable: true });
  });

  it('is bounded for a tenant too, from however many addresses it is asked for', async () => {
    const { queue, finishAll } = createHeldQueue(1);
    const crowd = Array.from({ length: 500 }, (_, index) => ask(queue, 'acme01', `network ${index}`, 1)[0]);
    const settled = Promise.allSettled(crowd);
    await finishAll();
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(99);
  });
});
