/** Nothing was tried: it has failed too often just now. `cause` is the last failure. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';

  /** When it is worth trying again; 1 or more. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause: unknown) {
    super('It has failed too often just now.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** `closed` tries everything, `open` nothing, and `half-open` has one probe under way. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Keeps from trying what has failed several times in a row, but for a probe after each pause. */
export interface CircuitBreaker {
  /** @throws {CircuitOpenError} when {@link CircuitBreaker.run} would. */
  assertMayTry(): void;
  /**
   * Tries, and learns from what comes of it. `work` hears whether it is the probe.
   * @throws what the work threw, or {@link CircuitOpenError}.
   */
  run<T>(work: (isProbe: boolean) => Promise<T>): Promise<T>;
  /** Counts a failure that was seen elsewhere, and that took so long. */
  failed(reason: unknown, milliseconds: number): void;
  state(): CircuitState;
}

/** When a breaker opens, and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failureLimit: number;
  /** The first pause; each in a row is twice as long as the one before, up to a bound. */
  readonly firstPauseMilliseconds: number;
  /** The bound for attempts that fail at once: they cost nothing. */
  readonly shortPauseMilliseconds: number;
  /** The bound for attempts that take long to fail: each of them keeps a connection from others. */
  readonly longPauseMilliseconds: number;
}

/** What a tenant's database is given: a restarted server is found within a second, and a silent one is asked seldom. */
export const databaseCircuit: CircuitBreakerOptions = {
  failureLimit: 3,
  firstPauseMilliseconds: 250,
  shortPauseMilliseconds: 1_000,
  longPauseMilliseconds: 30_000,
};

/** An attempt that took so many milliseconds is followed by so many times that. */
const pausePerAttempt = 15;

/**
 * Makes a breaker, closed. Its pauses are up to a fifth longer by chance, so that a server that comes back is not
 * asked for all of its tenants at once.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  let failures = 0;
  let pauses = 0;
  let tryAt = 0;
  let probing = false;
  let lastFailure: unknown;

  const isOpen = () => failures >= options.failureLimit;

  function pause(attemptMilliseconds: number): void {
    const { firstPauseMilliseconds, shortPauseMilliseconds, longPauseMilliseconds } = options;
    const milliseconds = Math.min(
      firstPauseMilliseconds * 2 ** pauses,
      Math.max(shortPauseMilliseconds, attemptMilliseconds * pausePerAttempt),
      longPauseMilliseconds,
    );
    pauses++;
    tryAt = performance.now() + milliseconds * (1 + Math.random() / 5);
  }

  function assertMayTry(): void {
    if (!isOpen()) return;
    const wait = tryAt - performance.now();
    if (wait > 0 || probing) throw new CircuitOpenError(Math.max(1, Math.ceil(wait / 1_000)), lastFailure);
  }

  function failed(reason: unknown, milliseconds: number): void {
    lastFailure = reason;
    const wasOpen = isOpen();
    failures++;
    // Attempts that began before it opened, and fail now, say nothing new.
    if (isOpen() && !wasOpen) pause(milliseconds);
  }

  return {
    assertMayTry,
    async run(work) {
      assertMayTry();
      const isProbe = isOpen();
      if (isProbe) probing = true;
      const startedAt = performance.now();
      try {
        const result = await work(isProbe);
        failures = 0;
        pauses = 0;
        lastFailure = undefined;
        return result;
      } catch (error) {
        const milliseconds = performance.now() - startedAt;
        failed(error, milliseconds);
        if (isProbe) pause(milliseconds);
        throw error;
      } finally {
        if (isProbe) probing = false;
      }
    },
    failed,
    state: () => (!isOpen() ? 'closed' : probing ? 'half-open' : 'open'),
  };
}
