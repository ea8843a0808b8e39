import { createAdaptiveLimit } from './adaptive-limit.ts';
import { createDelayedCalls } from './delayed-calls.ts';
import { type EventLoop, ownEventLoop } from './event-loop.ts';
import { createGroupShares, type SharingGroup } from './group-shares.ts';
import { createLoopProbe, type LoopObservation } from './loop-probe.ts';

/** Leaves the event loop to others. Calling it again does nothing. */
export type LeaveLoop = () => void;

/** The settings of the turns at the event loop. */
export interface LoopTurnsOptions {
  /** The delay of the loop up to which more are let in at once. */
  readonly delayTargetMilliseconds: number;
  /** While the oldest of many of one group has waited for longer, the newest of them are refused; the refusal is sent a second later. */
  readonly waitMilliseconds: number;
}

/** The current state of the turns. */
export interface LoopTurnsStatistics {
  /** Let in, and not known to wait for something else than the loop. */
  readonly inside: number;
  /** The most that may be inside at once. */
  readonly limit: number;
  readonly waiting: number;
  /** Refused since the start. */
  readonly refused: number;
  /** Refused, but the refusal has not been sent yet. */
  readonly held: number;
  /** The loop's lateness at the last observation. */
  readonly delayMilliseconds: number;
}

/** Lets groups use the event loop in turn. */
export interface LoopTurns {
  /**
   * Lets one of a group in: at once when the loop is not behind, and otherwise when its turn comes (see
   * {@link GroupShares.next}). In each turn of the loop one is let in, after everything that is ready.
   * @param signal ends the waiting, with its reason.
   * @throws {LoopBusyError} when too many wait: the promise rejects.
   */
  enter(group: string, signal?: AbortSignal): LeaveLoop | Promise<LeaveLoop>;
  statistics(): LoopTurnsStatistics;
  /** Lets everybody in from now on: what they need is closed as well, and refuses them. */
  close(): void;
}

/** The wait for a turn would be too long. */
export class LoopBusyError extends Error {
  override readonly name = 'LoopBusyError';

  /** Until it is worth trying again; 1 or more. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('Too many wait for the event loop.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** While one waits for its database, others compute, also on a machine that always comes late. */
const fewestInside = 4;

/** Beyond these, more at once bring no more answers, and take memory. */
const mostInside = 256;

/** The most that wait. Each takes some 10 kB. */
const mostWaiting = 2_000;

/** So many of a group may wait however long: a client asks for several things at once, and a machine may stand still. */
const fewestWaiting = 100;

/**
 * The loop could have gone on with it for so long, and has not: it waits for its database, a lock or a queue, and its
 * place is another's.
 */
const idleMilliseconds = 20;

/** The same for a loop that others keep busy. */
const insideMilliseconds = 1_000;

/**
 * A refused client tends to retry at once, and reading the retry costs half as much as an answer. A delayed refusal ties
 * up the client's connection instead of the loop.
 */
const refusalDelayMilliseconds = 1_000;

/** The most refusals that are delayed: each ties up a connection of the proxy in front as well. */
const mostDelayedRefusals = 500;

/** A request that others have overtaken for this many times the wait is refused as well. */
const longestWaits = 5;

/** Requests and use of a group count for about this long. */
const memoryMilliseconds = 2_000;

/** So many looks without an entry end the looking, so that not every entry starts a timer. */
const quietLooks = 50;

/** The weight of a new value in the estimate of the time inside. */
const heldWeight = 0.05;

interface Waiter {
  readonly since: number;
  grant(): void;
  refuse(): void;
  /** Refuses now, but reports it later. */
  refuseLate(): void;
}

interface Place {
  readonly group: SharingGroup<Waiter>;
  readonly at: number;
  /** The last observation of the loop at that time. */
  readonly seen: LoopObservation;
  /** The time inside that was expected. */
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
   * The reason of every refusal. By its time, those have been served who waited before. It is made once: an error with
   * its stack costs as much as many an answer.
   */
  const busy = new LoopBusyError(Math.max(1, Math.ceil(waitMilliseconds / 1_000)));
  const probe = createLoopProbe(loop, observe);
  const shares = createGroupShares<Waiter>(memoryMilliseconds);
  const refusals = createDelayedCalls(
    { delayMilliseconds: refusalDelayMilliseconds, most: mostDelayedRefusals },
    loop,
  );
  /** Those inside, in the order of their coming. */
  const places = new Set<Place>();
  let waiting = 0;
  let refused = 0;
  let closed = false;
  /** True once somebody was let in at once in this turn of the loop. */
  let entered = false;
  let turnIsDue = false;
  let averageHeld = 1;
  let quiet = 0;
  /** Since the loop was last looked at. */
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

  /** After what else is ready: it is further, and who has just come may be the next. */
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
    // It would never tell.
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
   * Refuses the newest of the group that has most waiting when its oldest has waited for too long. That says how long
   * the newest would wait: how many are served in a second depends too much on what they ask for.
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
