import { afterEach, describe, expect, it } from 'vitest';
import { createSignInGate, type SignInGate } from '../../../src/auth/sign-in-gate.ts';
import type { ReleaseSlot } from '../../../src/concurrency/fair-slots.ts';

/** Releases those inside, and all who follow. */
const letOut: (() => void)[] = [];
afterEach(() => {
  for (const release of letOut.splice(0)) release();
});

const isKnown = (realm: string) => realm === 'acme01' || realm === 'beta02';

/** Asks to enter many times; the answers count themselves. */
function ask(gate: SignInGate, realm: string, network: string, times: number) {
  const count = { inside: 0, refused: 0 };
  let isOver = false;
  const held: ReleaseSlot[] = [];
  for (let turn = 0; turn < times; turn++) {
    gate.enter(realm, network).then(
      (release) => {
        count.inside++;
        if (isOver) release();
        else held.push(release);
      },
      () => count.refused++,
    );
  }
  letOut.push(() => {
    isOver = true;
    for (const release of held) release();
  });
  return count;
}

/** Waits for everything that is ready. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('has room for people behind one address while another names any number of tenants', async () => {
    const gate = createSignInGate(isKnown);
    for (let key = 0; key < 26; key++) ask(gate, `made-up${key}`, '192.0.2.1', 204);
    await settle();
    const people = ask(gate, 'acme01', '192.0.2.2', 60);
    await settle();
    expect(people).toEqual({ inside: 4, refused: 0 });
  });

  it('lets no network wait for more than 400 attempts, whatever realms it names', async () => {
    const gate = createSignInGate(() => true);
    const all = Array.from({ length: 10 }, (_, realm) => ask(gate, `realm${realm}`, '192.0.2.1', 100));
    await settle();
    expect(all.reduce((sum, { inside }) => sum + inside, 0)).toBe(10 * 4);
    expect(all.reduce((sum, { refused }) => sum + refused, 0)).toBe(560);
  });

  it('treats all unknown realms as one, beside which known ones have their places', async () => {
    const gate = createSignInGate(isKnown);
    const unknown = Array.from({ length: 20 }, (_, key) => ask(gate, `made-up${key}`, '192.0.2.1', 5));
    const known = ['acme01', 'beta02'].map((realm) => ask(gate, realm, '192.0.2.1', 4));
    await settle();
    expect(unknown.reduce((sum, { inside }) => sum + inside, 0)).toBe(4);
    expect(known).toEqual(Array(2).fill({ inside: 4, refused: 0 }));
  });

  it('lets as many wait for unknown realms as for all: being refused does not tell which ones exist', async () => {
    const gate = createSignInGate(isKnown);
    const unknown = ask(gate, 'made-up', '192.0.2.1', 4 + 400);
    await settle();
    expect(unknown).toEqual({ inside: 4, refused: 0 });
    const [more, known] = [ask(gate, 'made-up', '192.0.2.1', 1), ask(gate, 'acme01', '192.0.2.1', 5)];
    await settle();
    expect(more.refused).toBe(1);
    expect(known).toEqual({ inside: 4, refused: 1 });
  });

  it('sends away the last of whoever has the most when it is full, and not a newcomer', async () => {
    const gate = createSignInGate(isKnown);
    const crowd = Array.from({ length: 25 }, (_, index) => ask(gate, 'acme01', `198.51.100.${index}`, 204));
    await settle();
    expect(crowd.at(-1)).toEqual({ inside: 4, refused: 0 });
    const people = ask(gate, 'acme01', '192.0.2.2', 60);
    await settle();
    expect(people).toEqual({ inside: 4, refused: 0 });
    expect(crowd.reduce((sum, { refused }) => sum + refused, 0)).toBe(56);
    expect(Math.max(...crowd.map(({ refused }) => refused))).toBe(3);
  });
});
