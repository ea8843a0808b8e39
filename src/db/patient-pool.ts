import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isFull } from './connections/restarting.ts';

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

const pollMilliseconds = 50;

/** The driver's pool, except that it waits when the server has no connection left, since others release theirs. */
export class PatientPool extends pg.Pool {
  readonly #patienceMilliseconds: number;

  constructor(settings: pg.PoolConfig, patienceMilliseconds: number) {
    super(settings);
    this.#patienceMilliseconds = patienceMilliseconds;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    const connecting = this.#connectPatiently();
    if (!callback) return connecting;
    connecting.then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  async #connectPatiently(): Promise<pg.PoolClient> {
    const giveUpAt = performance.now() + this.#patienceMilliseconds;
    for (;;) {
      try {
        return await super.connect();
      } catch (error) {
        if (!isFull(error) || performance.now() >= giveUpAt) throw error;
        await delay(pollMilliseconds);
      }
    }
  }
}
