/** Shares one run of `work` among concurrent calls, so that many callers cost as much as one. */
export function sharedRun<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
