import { createAdaptiveLimit } from './adaptive-limit.ts';
import { createDelayedCalls } from './delayed-calls.ts';
import { type EventLoop, ownEventLoop } from './event-loop.ts';
import { createGroupShares, type SharingGroup } from './group-shares.ts';
import { createLoopProbe, type LoopObservation } from './loop-probe.ts';

/** Ends a turn at the event loop. Calling it again does nothing. */
export type LeaveLoop = () => void;

/** The settings for turns at the event loop. */
export interface LoopTurnsOptions {
  /** The delay of the loop up to which further members are admitted immediately. */
  readonly delayTargetMilliseconds: number;
  /**
   * The maximum wait. While the oldest of many members of a group has waited longer, the newest are refused; the
   * refusal is sent a second later.
   */
  readonly waitMilliseconds: number;
}

/** The current state of the turns. */
export interface LoopTurnsStatistics {
  /** Admitted, and not known to be waiting for anything but the loop. */
  readonly inside: number;
  /** The maximum that may be inside. */
  readonly limit: number;
  readonly waiting: number;
  /** Refused since the start. */
  readonly refused: number;
  /** Refused, with the refusal still to be sent. */
  readonly held: number;
  /** The loop's delay at the last observation. */
  readonly delayMilliseconds: number;
}

/** Admits groups to the event loop in turn. */
export interface LoopTurns {
  /**
   * Admits a member of a group: immediately if the loop is not behind, otherwise when its turn comes (see
   * {@link GroupShares.next}). Each iteration of the loop admits one, after everything that is ready.
   * @param signal aborts the wait, with its reason.
   * @throws {LoopBusyError} when too many wait: the promise rejects.
   */
  enter(group: string, signal?: AbortSignal): LeaveLoop | Promise<LeaveLoop>;
  statistics(): LoopTurnsStatistics;
  /** Admits everybody from now on: the resources that they need are closed as well and refuse them. */
  close(): void;
}

/** Thrown when the wait for a turn would be too long. */
export class LoopBusyError extends Error {
  override readonly name = 'LoopBusyError';

  /** The seconds to wait before retrying; at least 1. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('Too many wait for the event loop.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * The minimum inside, so that others compute while one waits for its database, even on a machine that is always behind.
 */
const fewestInside = 4;

/** The maximum inside: more would only take memory, not increase throughput. */
const mostInside = 256;

/** The maximum number waiting. Each takes some 10 kB. */
const mostWaiting = 2_000;

/**
 * This many of a group may wait for any time, because a client sends several requests at once and a machine may stall.
 */
const fewestWaiting = 100;

/**
 * After this much idle time of the loop, a member is waiting for its database, a lock or a queue, and no longer counts
 * as inside.
 */
const idleMilliseconds = 20;

/** The same for a loop that others keep busy. */
const insideMilliseconds = 1_000;

/**
 * The delay of refusals. A refused client tends to retry at once, and reading the retry costs half as much as an
 * answer. A delayed refusal ties up the client's connection instead of the loop.
 */
const refusalDelayMilliseconds = 1_000;

/** The maximum number of delayed refusals, because each also ties up a connection of the proxy in front. */
const mostDelayedRefusals = 500;

/** A request that others have overtaken for this many times the maximum wait is refused as well. */
const longestWaits = 5;

/** The time for which a group's requests and use count, approximately. */
const memoryMilliseconds = 2_000;

/** The number of measurements without an entry after which measuring stops, so that not every entry starts a timer. */
const quietLooks = 50;

/** The weight of a new value in the moving average of the time inside. */
const heldWeight = 0.05;

interface Waiter {
  readonly since: number;
  grant(): void;
  refuse(): void;
  /** Refuses now, but reports the refusal later. */
  refuseLate(): void;
}

interface Place {
  readonly group: SharingGroup<Waiter>;
  readonly at: number;
  /** The last observation of the loop at entry. */
  readonly seen: LoopObservation;
  /** The expected time inside. */
  readonly charged: number;
}

/** Creates the turns at an event loop, this thread's own by default. */
export function createLoopTurns(
  { delayTargetMilliseconds, waitMilliseconds }: LoopTurnsOptions,
  loop: EventLoop = ownEventLoop,
): LoopTurns {
  const limit = createAdaptiveLimit({
    targetMilliseconds: delayTargetMilliseconds,
    floor: fewestInside,
    ceiling: mostInside,
  });
  /**
   * The reason of every refusal. After its retry time, those already waiting will have been served. It is created once,
   * because an error with its stack can cost as much as an answer.
   */
  const busy = new LoopBusyError(Math.max(1, Math.ceil(waitMilliseconds / 1_000)));
  const probe = createLoopProbe(loop, observe);
  const shares = createGroupShares<Waiter>(memoryMilliseconds);
  const refusals = createDelayedCalls(
    { delayMilliseconds: refusalDelayMilliseconds, most: mostDelayedRefusals },
    loop,
  );
  /** Those inside, in order of arrival. */
  const places = new Set<Place>();
  let waiting = 0;
  let refused = 0;
  let closed = false;
  /** True once somebody was admitted immediately in this iteration of the loop. */
  let entered = false;
  let turnIsDue = false;
  let averageHeld = 1;
  let quiet = 0;
  /** Since the last measurement. */
  let seen = { peak: 0, someWaited: false };

  const hasRoom = () => places.size < limit.current();

  function take(group: SharingGroup<Waiter>): LeaveLoop {
    const place = { group, at: loop.now(), seen: probe.last(), charged: averageHeld };
    places.add(place);
    group.inside++;
    shares.use(group, place.charged);
    if (places.size > seen.peak) seen.peak = places.size;
    return () => free(place);
  }

  function free(place: Place): void {
    if (!places.delete(place)) return;
    const { group } = place;
    const held = loop.now() - place.at;
    averageHeld += (held - averageHeld) * heldWeight;
    shares.use(group, held - place.charged);
    group.inside--;
    if (waiting > 0) turnSoon();
  }

  /** After everything else that is ready, which is further along; a member who has just arrived may then be next. */
  function turnSoon(): void {
    if (turnIsDue) return;
    turnIsDue = true;
    loop.soon(turn);
  }

  function turn(): void {
    turnIsDue = false;
    if (!entered && hasRoom()) shares.next(loop.now())?.grant();
    entered = false;
    if (waiting > 0 && hasRoom()) turnSoon();
  }

  function wait(group: SharingGroup<Waiter>, signal: AbortSignal | undefined): Promise<LeaveLoop> {
    // It would never report anything.
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal?.removeEventListener('abort', abort);
        group.waiting.delete(waiter);
        shares.settle(group);
        waiting--;
      };
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        since: loop.now(),
        grant() {
          leave();
          resolve(take(group));
        },
        refuse() {
          leave();
          refused++;
          reject(busy);
        },
        refuseLate() {
          leave();
          refused++;
          const held = refusals.add(() => {
            signal?.removeEventListener('abort', forget);
            reject(busy);
          });
          const forget = () => {
            held.cancel();
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', forget, { once: true });
        },
      };
      signal?.addEventListener('abort', abort);
      group.waiting.add(waiter);
      shares.settle(group);
      waiting++;
      seen.someWaited = true;
      refuseNewest(shares.fullest(group), waiter.since);
      turnSoon();
    });
  }

  /**
   * Refuses the newest member of the group with the most waiting when its oldest has waited too long. The oldest one's
   * wait predicts the newest one's better than a throughput, which depends too much on the kind of requests.
   */
  function refuseNewest({ waiting: queue }: SharingGroup<Waiter>, now: number): void {
    const [oldest] = queue;
    const isOverdue = oldest !== undefined && now - oldest.since > waitMilliseconds;
    if (waiting > mostWaiting || (isOverdue && queue.size > fewestWaiting)) newestOf(queue)?.refuseLate();
  }

  function observe({ now, delay, idle }: LoopObservation, milliseconds: number): boolean {
    limit.observe(delay, seen.peak, seen.someWaited);
    for (const place of places) {
      if (idle - place.seen.idle < idleMilliseconds && now - place.at < insideMilliseconds) break;
      free(place);
    }
    for (const group of shares.waiting()) refuseOverdue(group, now);
    quiet++;
    const goOn = quiet < quietLooks || waiting > 0;
    shares.fade(goOn ? Math.exp(-milliseconds / memoryMilliseconds) : 0);
    seen = { peak: places.size, someWaited: waiting > 0 };
    if (waiting > 0) turnSoon();
    return goOn;
  }

  function refuseOverdue({ waiting: queue }: SharingGroup<Waiter>, now: number): void {
    for (const waiter of queue) {
      if (now - waiter.since <= waitMilliseconds * longestWaits) return;
      waiter.refuse();
    }
  }

  return {
    enter(name, signal) {
      const group = shares.of(name);
      if (closed) return take(group);
      shares.ask(group);
      quiet = 0;
      probe.start();
      if (waiting > 0 || entered || !hasRoom()) return wait(group, signal);
      entered = true;
      turnSoon();
      return take(group);
    },
    statistics: () => ({
      inside: places.size,
      limit: limit.current(),
      waiting,
      refused,
      held: refusals.waiting(),
      delayMilliseconds: probe.last().delay,
    }),
    close() {
      closed = true;
      probe.stop();
      while (waiting > 0) shares.next(loop.now())?.grant();
      refusals.flush();
    },
  };
}

function newestOf(queue: Iterable<Waiter>): Waiter | undefined {
  let newest: Waiter | undefined;
  for (const waiter of queue) newest = waiter;
  return newest;
}
