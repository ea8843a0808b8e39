import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RedisContainer } from '@testcontainers/redis';
import { type TestServices, testIcuLocale, testPostgresSettings } from './test-services.ts';

/** Starts PostgreSQL and Redis with Testcontainers. */
export async function startContainerServices(): Promise<TestServices> {
  const settings = Object.entries(testPostgresSettings).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const [postgres, redis] = await Promise.all([
    new PostgreSqlContainer('postgres:18-alpine')
      .withDatabase('postgres')
      .withUsername('postgres')
      .withEnvironment({
        POSTGRES_INITDB_ARGS: `--locale=C --locale-provider=icu --icu-locale=${testIcuLocale}`,
      })
      .withCommand(['postgres', ...settings])
      .start(),
    new RedisContainer('redis:8-alpine')
      .withCommand(['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''])
      .start(),
  ]);
  return {
    postgresUrl: postgres.getConnectionUri(),
    redisUrl: redis.getConnectionUrl(),
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
