import { beforeEach, describe, expect, it } from 'vitest';
import {
  createLoopTurns,
  type LeaveLoop,
  LoopBusyError,
  type LoopTurns,
} from '../../../src/concurrency/loop-turns.ts';
import { createFakeEventLoop, type FakeEventLoop } from '../../support/fake-event-loop.ts';

/** As many are inside at least. */
const places = 4;
/** A refusal is told so much later. */
const refusalDelayMilliseconds = 1_000;
/** The loop is looked at so often. */
const lookMilliseconds = 20;

let loop: FakeEventLoop;
let turns: LoopTurns;
/** The admitted, in order, and the refused. */
let letIn: string[];
let refused: string[];
/** The ways out of those inside. */
let inside: LeaveLoop[];

beforeEach(() => {
  loop = createFakeEventLoop();
  turns = createLoopTurns({ delayTargetMilliseconds: 5, waitMilliseconds: 1_000 }, loop);
  letIn = [];
  refused = [];
  inside = [];
});

async function ask(group: string, name = group, signal?: AbortSignal): Promise<void> {
  try {
    inside.push(await turns.enter(group, signal));
    letIn.push(name);
  } catch (error) {
    if (error instanceof LoopBusyError) refused.push(name);
    else throw error;
  }
}

/** So many of a group, named by their numbers. */
function askOften(group: string, count: number): void {
  for (let number = 1; number <= count; number++) void ask(group, `${group}${number}`);
}

/** One after the other leaves, and after each the loop turns, until nobody else comes in. */
async function serveAll(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    inside.shift()?.();
    await loop.turn();
  }
}

async function fill(group: string, count = places): Promise<void> {
  for (let number = 0; number < count; number++) {
    void ask(group);
    await loop.turn();
    await loop.turn();
  }
  letIn = [];
}

describe('the event loop', () => {
  it('is entered at once and without a promise when it is not behind', () => {
    expect(turns.enter('a')).toBeTypeOf('function');
    expect(turns.statistics()).toMatchObject({ inside: 1, waiting: 0 });
  });

  it('lets one in in each of its turns', async () => {
    for (const name of ['a', 'b', 'c']) void ask(name);
    await loop.turn();
    expect(letIn).toEqual(['a']);
    await loop.turn();
    expect(letIn).toEqual(['a', 'b']);
    await loop.turn();
    expect(letIn).toEqual(['a', 'b', 'c']);
  });

  it('lets no more in than may be inside before one leaves', async () => {
    askOften('a', places + 1);
    for (let turn = 0; turn < 10; turn++) await loop.turn();
    expect(letIn).toHaveLength(places);
    inside[0]?.();
    await loop.turn();
    expect(letIn).toHaveLength(places + 1);
  });

  it('lets in more at once while it comes in time and some wait, and fewer when it comes late', async () => {
    askOften('a', 20);
    for (let look = 0; look < 5; look++) await loop.pass(lookMilliseconds, 'busy');
    expect(turns.statistics().limit).toBe(places + 5);
    for (let look = 0; look < 20; look++) await loop.pass(lookMilliseconds + 10, 'busy');
    expect(turns.statistics()).toMatchObject({ limit: places, delayMilliseconds: 10 });
  });

  it('lets groups in as they come, when they ask for about the same', async () => {
    await fill('x');
    for (const name of ['a', 'b', 'a', 'c']) {
      void ask(name);
      await loop.pass(1, 'busy');
    }
    await serveAll();
    expect(letIn).toEqual(['a', 'b', 'a', 'c']);
  });

  it('lets those in last who ask for much more than the others', async () => {
    await fill('noisy');
    askOften('noisy', 10);
    await loop.pass(lookMilliseconds, 'busy');
    letIn = [];
    for (const name of ['b', 'c', 'b']) void ask(name);
    await serveAll();
    expect(letIn.slice(0, 3).sort()).toEqual(['b', 'b', 'c']);
    expect(letIn).toHaveLength(12);
  });
});

describe('a place at the loop', () => {
  it('is another’s when the loop has had nothing to do for some time', async () => {
    await fill('hangs');
    void ask('b');
    await loop.turn();
    expect(letIn).toEqual([]);
    // Too late for more to be let in at once.
    for (let look = 0; look < 2; look++) await loop.pass(lookMilliseconds + 10, 'idle');
    await loop.turn();
    expect(letIn).toEqual(['b']);
  });

  it('is another’s after a second, also while others keep the loop busy', async () => {
    await fill('hangs');
    void ask('b');
    await loop.pass(900, 'busy');
    expect(letIn).toEqual([]);
    await loop.pass(200, 'busy');
    await loop.turn();
    expect(letIn).toEqual(['b']);
  });

  it('is given back once', async () => {
    const leave = await turns.enter('a');
    leave();
    leave();
    expect(turns.statistics()).toMatchObject({ inside: 0 });
  });
});

describe('one who waits', () => {
  /** For longer than anybody should. */
  async function waitTooLong(): Promise<void> {
    for (let passed = 0; passed <= 1_000; passed += lookMilliseconds)
      await loop.pass(lookMilliseconds, 'busy');
  }

  /** Sends the delayed refusals. */
  const hearRefusals = () => loop.pass(refusalDelayMilliseconds, 'busy');

  it('is not refused for coming with many others', async () => {
    await fill('x');
    askOften('a', 1_500);
    await loop.turn();
    expect(refused).toEqual([]);
  });

  it('is refused when it is one too many for the memory', async () => {
    await fill('a');
    askOften('a', 2_001);
    await hearRefusals();
    expect(refused).toEqual(['a2001']);
  });

  it('is refused when all groups together are one too many', async () => {
    await fill('x');
    for (let group = 0; group < 40; group++) askOften(`group ${group} `, 50);
    void ask('last');
    await hearRefusals();
    expect(refused).toHaveLength(1);
  });

  it('is refused when others of its group have waited for too long: the newest of the group that has most waiting', async () => {
    await fill('a');
    askOften('a', 300);
    await waitTooLong();
    void ask('b', 'b1');
    void ask('a', 'newest');
    void ask('b', 'b2');
    await hearRefusals();
    expect(refused).toEqual(['a300', 'newest', 'a299']);
    expect(turns.statistics()).toMatchObject({ refused: 3 });
  });

  it('is told of its refusal after a second, and does not count as waiting until then', async () => {
    await fill('a');
    askOften('a', 2_001);
    await loop.pass(refusalDelayMilliseconds - 1, 'busy');
    expect(refused).toEqual([]);
    expect(turns.statistics()).toMatchObject({ waiting: 2_000, refused: 1, held: 1 });
    await loop.pass(1, 'busy');
    expect(refused).toEqual(['a2001']);
    expect(turns.statistics()).toMatchObject({ held: 0 });
  });

  it('is dropped when its client disconnects before the refusal is sent', async () => {
    await fill('a');
    askOften('a', 2_000);
    const gone = new AbortController();
    const waiting = Promise.resolve(turns.enter('a', gone.signal));
    expect(turns.statistics()).toMatchObject({ held: 1 });
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(turns.statistics()).toMatchObject({ held: 0 });
  });

  it('is told of its refusal at once when the loop is closed', async () => {
    await fill('a');
    askOften('a', 2_001);
    turns.close();
    await loop.turn();
    expect(refused).toEqual(['a2001']);
    expect(loop.timers()).toBe(0);
  });

  it('is not refused when a machine has stood still, and few wait', async () => {
    await fill('x');
    askOften('a', 50);
    await waitTooLong();
    void ask('a', 'newest');
    await loop.turn();
    expect(refused).toEqual([]);
  });

  it('hears after how many seconds it is worth asking again', async () => {
    await fill('a');
    askOften('a', 300);
    await waitTooLong();
    const refusal = expect(turns.enter('a')).rejects.toMatchObject({ retryAfterSeconds: 1 });
    await hearRefusals();
    await refusal;
  });

  it('is refused after five times the wait when others were let in all the time', async () => {
    await fill('x');
    void ask('late');
    await loop.pass(5_001, 'busy');
    expect(refused).toEqual(['late']);
  });

  it('leaves when their client has gone, and takes nobody’s turn', async () => {
    await fill('x');
    const gone = new AbortController();
    const waiting = Promise.resolve(turns.enter('a', gone.signal));
    void ask('b');
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(turns.statistics()).toMatchObject({ waiting: 1 });
    inside.shift()?.();
    await loop.turn();
    expect(letIn).toEqual(['b']);
  });

  it('does not begin to wait when it has gone before', async () => {
    await fill('x');
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(turns.enter('a', signal)).rejects.toThrow('gone');
    expect(turns.statistics()).toMatchObject({ waiting: 0 });
  });

  it('is let in when the loop is closed', async () => {
    await fill('x');
    askOften('a', 3);
    turns.close();
    await loop.turn();
    expect(letIn).toEqual(['a1', 'a2', 'a3']);
    expect(turns.enter('b')).toBeTypeOf('function');
    expect(loop.timers()).toBe(0);
  });
});

it('The loop is looked at as long as somebody asks, and no timer is left afterwards', async () => {
  for (let request = 0; request < 100; request++) {
    const leave = await turns.enter('a');
    expect(loop.timers()).toBe(1);
    leave();
    await loop.pass(lookMilliseconds, 'idle');
  }
  for (let look = 0; look < 60; look++) await loop.pass(lookMilliseconds, 'idle');
  expect(loop.timers()).toBe(0);
});
