import pg from 'pg';

/** A statement whose answer has come, and is not handed over yet. */
export interface HeldAnswer {
  /** Resolves once the database has answered. */
  readonly answered: Promise<void>;
  /** Hands the answer over. */
  release(): void;
}

/**
 * Holds the answer to the next statement of this process that names all of `words`, in its text or its values: what
 * it has read is old by the time that it arrives.
 */
export function holdNextAnswer(...words: readonly string[]): HeldAnswer {
  const { query } = pg.Client.prototype;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const answered = new Promise<void>((resolve) => {
    pg.Client.prototype.query = function hold(this: pg.Client, ...args: unknown[]) {
      const text = JSON.stringify(args);
      if (!words.every((word) => text.includes(word))) return Reflect.apply(query, this, args);
      pg.Client.prototype.query = query;
      const callback = args.at(-1);
      // A pool asks with a callback, a transaction waits for a promise.
      if (typeof callback !== 'function') {
        return Promise.resolve(Reflect.apply(query, this, args)).finally(() => {
          resolve();
          return released;
        });
      }
      const handOverLater = (...answer: unknown[]) => {
        resolve();
        released.then(() => callback(...answer));
      };
      return Reflect.apply(query, this, [...args.slice(0, -1), handOverLater]);
    };
  });
  return { answered, release };
}
