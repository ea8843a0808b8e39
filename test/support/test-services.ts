/** The servers that a test run uses. */
export interface TestServices {
  /** URL of a superuser on a maintenance database. */
  readonly postgresUrl: string;
  /** null if there is no Redis to be had. */
  readonly redisUrl: string | null;
  stop(): Promise<void>;
}

/** Settings for tests: data need not survive a crash, and files run side by side, each with pools of its own. */
export const testPostgresSettings = {
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
} as const;
