/** Thrown without a try, because of too many recent failures. `cause` is the last one. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';

  /** The seconds to wait before retrying; at least 1. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause: unknown) {
    super('Too many recent failures.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** `closed` lets all calls through, `open` none, and `half-open` has one probe in progress. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Refuses calls after several failures in a row, except for a probe after each pause. */
export interface CircuitBreaker {
  /** @throws {CircuitOpenError} when {@link CircuitBreaker.run} would. */
  assertMayTry(): void;
  /**
   * Runs `work` and records its outcome. `work` receives whether it is the probe.
   * @throws the error of `work`, or {@link CircuitOpenError}.
   */
  run<T>(work: (isProbe: boolean) => Promise<T>): Promise<T>;
  /** Records a failure that was observed elsewhere, and its duration. */
  failed(reason: unknown, milliseconds: number): void;
  state(): CircuitState;
}

/** The thresholds and pauses of a breaker. */
export interface CircuitBreakerOptions {
  /** The number of consecutive failures that open it. */
  readonly failureLimit: number;
  /** The first pause; each consecutive one is twice as long, up to a maximum. */
  readonly firstPauseMilliseconds: number;
  /** The maximum for attempts that fail immediately, which cost nothing. */
  readonly shortPauseMilliseconds: number;
  /** The maximum for attempts that fail slowly, each of which keeps a connection from others. */
  readonly longPauseMilliseconds: number;
}

/**
 * The settings for a tenant's database: a restarted server is detected within a second, and an unresponsive one is
 * rarely probed.
 */
export const databaseCircuit: CircuitBreakerOptions = {
  failureLimit: 3,
  firstPauseMilliseconds: 250,
  shortPauseMilliseconds: 1_000,
  longPauseMilliseconds: 30_000,
};

/** The ratio of a pause to the duration of the attempt before it. */
const pausePerAttempt = 15;

/**
 * Creates a closed breaker. Its pauses are randomly up to a fifth longer, so that a server that comes back is not
 * probed for all of its tenants at once.
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
    // Failures of attempts that began before it opened are no news.
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
