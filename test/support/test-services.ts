/** The servers that a test run uses. */
export interface TestServices {
  /** URL of a superuser on a maintenance database. */
  readonly postgresUrl: string;
  /** null if there is no Redis to be had. */
  readonly redisUrl: string | null;
  stop(): Promise<void>;
}

/**
 * Settings for tests: data need not survive a crash, and files run side by side, each with pools of its own. What has
 * to make no difference is as no developer's server has it: the zone is half an hour off and has summers, and days
 * come before months.
 */
export const testPostgresSettings = {
  TimeZone: 'America/St_Johns',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '0',
  default_transaction_isolation: 'repeatable read',
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
} as const;

/** Where i and I are no pair: what is compared or searched for must not depend on it. */
export const testIcuLocale = 'tr-TR';
