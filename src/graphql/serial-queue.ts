/** Runs pieces of work one after another, in order of arrival. */
export type Enqueue = <Result>(work: () => Promise<Result> | Result) => Promise<Result>;

/** Creates the turns of one request. */
export function createSerialQueue(): Enqueue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
