/** The servers that a test run uses. */
export interface TestServices {
  /** URL of a superuser on a maintenance database. */
  readonly postgresUrl: string;
  /** null if there is no Redis to be had. */
  readonly redisUrl: string | null;
  stop(): Promise<void>;
}

/**
 * Settings for tests: data need not survive a crash, and files run side by side, each with its own pools. Settings
 * that must make no difference are unlike those of any developer's server: the zone is off by half an hour and has
 * summer time, and days come before months.
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

/** A locale in which i and I are no pair: no comparison and no search may depend on it. */
export const testIcuLocale = 'tr-TR';

/**
 * The folder of the PostgreSQL that the tests run on, which `npm run test:versions` sets; undefined for the one that
 * npm has installed.
 */
export const testPostgresInstallation = process.env.TEST_POSTGRES_INSTALLATION;
