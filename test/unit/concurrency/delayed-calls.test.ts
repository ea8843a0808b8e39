import { beforeEach, describe, expect, it } from 'vitest';
import { createDelayedCalls, type DelayedCalls } from '../../../src/concurrency/delayed-calls.ts';
import { createFakeEventLoop, type FakeEventLoop } from '../../support/fake-event-loop.ts';

let loop: FakeEventLoop;
let delayed: DelayedCalls;
let called: string[];

beforeEach(() => {
  loop = createFakeEventLoop();
  delayed = createDelayedCalls({ delayMilliseconds: 100, most: 3 }, loop);
  called = [];
});

const add = (name: string) => delayed.add(() => called.push(name));

describe('a delayed call', () => {
  it('is made after its delay, in the order of the calls', async () => {
    add('a');
    await loop.pass(60, 'idle');
    add('b');
    await loop.pass(39, 'idle');
    expect(called).toEqual([]);
    await loop.pass(1, 'idle');
    expect(called).toEqual(['a']);
    await loop.pass(60, 'idle');
    expect(called).toEqual(['a', 'b']);
    expect(loop.timers()).toBe(0);
  });

  it('leaves no timer to be set when the only one was cancelled', async () => {
    add('a').cancel();
    await loop.pass(100, 'idle');
    expect(called).toEqual([]);
    expect(loop.timers()).toBe(0);
  });

  it('is made at once when it is the oldest of too many', () => {
    for (const name of ['a', 'b', 'c', 'd']) add(name);
    expect(called).toEqual(['a']);
    expect(delayed.waiting()).toBe(3);
  });

  it('is not made once it is cancelled', async () => {
    const first = add('a');
    add('b');
    first.cancel();
    expect(delayed.waiting()).toBe(1);
    await loop.pass(100, 'idle');
    expect(called).toEqual(['b']);
  });

  it('is made once when the calls are flushed', async () => {
    add('a');
    add('b');
    delayed.flush();
    expect(called).toEqual(['a', 'b']);
    expect(loop.timers()).toBe(0);
    await loop.pass(200, 'idle');
    expect(called).toEqual(['a', 'b']);
  });
});
