/** A run that takes longer is not waited for: the one connection that it has may be the one that hangs. */
const patienceMilliseconds = 20;

/**
 * Lets calls share runs of `work`, where only what begins after a call can answer it: those that come during one run
 * share the next.
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
