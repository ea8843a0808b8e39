import { beforeEach, expect, it } from 'vitest';
import {
  createGroupShares,
  type GroupShares,
  type SharingWaiter,
} from '../../../src/concurrency/group-shares.ts';

interface Waiter extends SharingWaiter {
  readonly name: string;
}

let shares: GroupShares<Waiter>;
let clock: number;
/** Requests and use count for so long. */
const memory = 1_000;
beforeEach(() => {
  shares = createGroupShares(memory);
  clock = 0;
});

/** Some of a group begin to wait, so much time apart. */
function wait(name: string, count = 1, apart = 1): void {
  const group = shares.of(name);
  for (let turn = 0; turn < count; turn++) {
    shares.ask(group);
    group.waiting.add({ name, since: clock });
    clock += apart;
    shares.settle(group);
  }
}

/** So many turns, each of which uses so much. */
function serve(turns: number, using = 1): string[] {
  return Array.from({ length: turns }, () => {
    const next = shares.next(clock);
    if (!next) throw new Error('Nobody waits.');
    const group = shares.of(next.name);
    group.waiting.delete(next);
    shares.use(group, using);
    shares.settle(group);
    return next.name;
  });
}

const countOf = (name: string, served: readonly string[]) => served.filter((each) => each === name).length;

it('groups that ask for about the same are served in the order of their arrival', () => {
  for (const name of ['a', 'b', 'a', 'c', 'b']) wait(name);
  expect(serve(5)).toEqual(['a', 'b', 'a', 'c', 'b']);
});

it('a group that asks for much more gets what the others leave, but half of an equal share', () => {
  wait('noisy', 1_000);
  wait('a', 100);
  wait('b', 100);
  const served = serve(100);
  expect(countOf('noisy', served)).toBeGreaterThanOrEqual(16);
  expect(countOf('noisy', served)).toBeLessThanOrEqual(20);
  expect(new Set(serve(300).slice(160))).toEqual(new Set(['noisy']));
});

/** Groups that have asked often already, and been served. */
function servedBefore(...names: string[]): void {
  for (const name of names) {
    for (let turn = 0; turn < 1_000; turn++) shares.ask(shares.of(name));
    shares.use(shares.of(name), 1_000);
  }
}

it('a flood counts as one that asks for much before its recent requests show it', () => {
  servedBefore('a', 'b');
  wait('flood', 100, 0.1);
  wait('a', 5);
  wait('b', 5);
  expect(countOf('flood', serve(11))).toBeLessThanOrEqual(2);
});

it('a group that has been kept waiting is no flood', () => {
  servedBefore('a', 'b', 'late');
  wait('late', 30);
  clock += memory;
  wait('a');
  expect(serve(1)).toEqual(['late']);
});

it('a group whose request took long through no fault of its own soon has its guaranteed share again', () => {
  servedBefore('a', 'b', 'stalled');
  shares.use(shares.of('stalled'), 10_000);
  wait('stalled', 10);
  wait('a', 700);
  wait('b', 700);
  expect(countOf('stalled', serve(1_300))).toBeGreaterThanOrEqual(10);
});

it('a group of long requests does not get more than its guaranteed share while others wait', () => {
  servedBefore('a', 'b', 'heavy');
  shares.use(shares.of('heavy'), 5_000);
  wait('heavy', 100);
  wait('a', 600);
  wait('b', 600);
  const served = Array.from({ length: 1_000 }, () => {
    const name = shares.next(clock)?.name ?? '';
    return serve(1, name === 'heavy' ? 100 : 1)[0] ?? '';
  });
  // A sixth of what is used, and one begun.
  expect(countOf('heavy', served)).toBeLessThanOrEqual(3);
});

it('a small burst is served in the order of its arrival', () => {
  servedBefore('a', 'b');
  wait('burst', 10);
  wait('a');
  expect(serve(11).at(-1)).toBe('a');
});

it('a group can’t save up its share to spend it on a flood', () => {
  servedBefore('a', 'b');
  shares.of('flood');
  servedBefore('a', 'b');
  wait('flood', 1_000, 0.01);
  wait('a', 50);
  wait('b', 50);
  // What it may have saved, half of an equal share, and one begun.
  expect(countOf('flood', serve(60))).toBeLessThanOrEqual(5 + 60 / 6 + 1);
});

it('a group whose few requests use much more than others’ counts as one that asks for much', () => {
  wait('heavy', 10);
  wait('a', 10);
  wait('b', 10);
  shares.use(shares.of('heavy'), 100);
  shares.use(shares.of('a'), 1);
  shares.use(shares.of('b'), 1);
  expect(countOf('heavy', serve(20))).toBe(0);
});

it('of two groups that both ask for much more, the one that used less is the next', () => {
  wait('x', 500);
  wait('y', 500);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) wait(name);
  const served = serve(106);
  expect(Math.abs(countOf('x', served) - countOf('y', served))).toBeLessThanOrEqual(1);
});

it('what a group has asked for and used is forgotten', () => {
  const before = shares.of('a');
  shares.ask(before);
  shares.use(before, 100);
  shares.fade(0.5);
  expect(shares.of('a')).toMatchObject({ asked: 0.5, used: 50 });
  shares.fade(0);
  expect(shares.of('a')).not.toBe(before);
});
