/** Runs one piece of work after the other, in the order in which they come. */
export type InTurn = <Result>(work: () => Promise<Result> | Result) => Promise<Result>;

/** Creates the turns of one request. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
