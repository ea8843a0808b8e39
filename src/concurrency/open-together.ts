/** Registers the release of something that was just opened. @returns what was opened. */
export type Use = <T>(opened: T, release: (opened: T) => Promise<void> | void) => T;

/** Several things that were opened, and are released together. */
export interface OpenedTogether<T> {
  readonly opened: T;
  /**
   * Releases everything, last opened first, one after the other. Each release is attempted though another fails.
   * @throws what a release threw, or an AggregateError of several.
   */
  release(): Promise<void>;
}

/**
 * Opens several things, each of which may need the earlier ones. If one fails to open, those that are open already
 * are released, without waiting for it.
 * @param open opens them, and registers the release of each.
 * @throws what `open` throws; what a release throws after that is ignored.
 */
export function openTogether<T>(open: (use: Use) => T): OpenedTogether<T> {
  const releases: (() => Promise<void> | void)[] = [];

  async function release(): Promise<void> {
    const failures: unknown[] = [];
    for (let next = releases.pop(); next !== undefined; next = releases.pop()) {
      try {
        await next();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 1) throw new AggregateError(failures, 'Several releases failed.');
    if (failures.length === 1) throw failures[0];
  }

  try {
    const opened = open((part, releasePart) => {
      releases.push(() => releasePart(part));
      return part;
    });
    return { opened, release };
  } catch (error) {
    release().catch(() => {});
    throw error;
  }
}
