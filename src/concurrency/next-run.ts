/** The maximum time to wait for a running call: it may hang on a dead connection. */
const patienceMilliseconds = 20;

/**
 * Shares runs of `work` among calls, each of which needs a run that begins after the call: calls during a run share the
 * next one.
 */
export function nextRun<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;

  function start(): Promise<T> {
    const run = work();
    const ended = run
      .catch(() => undefined)
      .then(() => {
        if (running === ended) running = undefined;
      });
    running = ended;
    return run;
  }

  return () => {
    if (next) return next;
    if (!running) return start();
    next = endsOrTakesLong(running).then(() => {
      next = undefined;
      return start();
    });
    return next;
  };
}

function endsOrTakesLong(run: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMilliseconds);
    void run.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
