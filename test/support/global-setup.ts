import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeMaintenanceDatabases } from '../../src/db/public-privileges.ts';
import { readStanding } from '../../src/db/role-membership.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { compilePrograms } from './compiled-programs.ts';
import { findBrowser } from './find-browser.ts';
import { findPgBouncer } from './find-pgbouncer.ts';
import { createTemplateDatabases, type TemplateDatabases } from './template-databases.ts';
import type { TestServices } from './test-services.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of a superuser on a maintenance database. */
    postgresUrl: string;
    /** The major version of that server, such as 18. */
    postgresVersion: number;
    templates: TemplateDatabases;
    /** null if there is no Redis; tests that need it are skipped. */
    redisUrl: string | null;
    /** See {@link compilePrograms}. */
    programsFolder: string;
    /** A Chromium; null if there is none, and then tests that need it are skipped. */
    browserPath: string | null;
    /** A PgBouncer; null if there is none, and then tests that need it are skipped. */
    pgBouncerPath: string | null;
  }
}

/**
 * Starts the services once for the entire run and returns what stops them: PostgreSQL from npm and the
 * machine's Redis, or, with TEST_SERVICES=containers, both from container images. The browser and PgBouncer are
 * the machine's.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browserPath = await findBrowser();
  if (browserPath === null && process.env.CI !== undefined) {
    throw new Error(
      'No browser for the tests. In CI they may not be skipped: install one, e.g. with "apt-get install chromium"',
    );
  }
  const pgBouncerPath = await findPgBouncer();
  if (pgBouncerPath === null && process.env.CI !== undefined) {
    throw new Error(
      'No PgBouncer for the tests. In CI they may not be skipped: install it, e.g. with "apt-get install pgbouncer"',
    );
  }
  const services = await startServices(process.env.TEST_SERVICES ?? 'embedded');
  const folders: string[] = [];
  const stop = async () => {
    await Promise.all([services.stop(), ...folders.map((folder) => rm(folder, { recursive: true }))]);
  };
  try {
    if (services.redisUrl === null && process.env.CI !== undefined) {
      throw new Error(
        'No Redis for the tests. In CI they may not be skipped: install redis-server or set TEST_REDIS_URL',
      );
    }
    const programsFolder = await compilePrograms();
    folders.push(programsFolder);
    // As on every server that has had a tenant. Done while tests run, the grants would tie their roles to these
    // databases.
    const version = await withConnection(parseDatasourceUrl(services.postgresUrl), async (client) => {
      await closeMaintenanceDatabases(client);
      return (await readStanding(client)).version;
    });
    project.provide('postgresUrl', services.postgresUrl);
    project.provide('postgresVersion', Math.floor(version / 10_000));
    project.provide('templates', await createTemplateDatabases(services.postgresUrl));
    project.provide('redisUrl', services.redisUrl);
    project.provide('browserPath', browserPath);
    project.provide('pgBouncerPath', pgBouncerPath);
    project.provide('programsFolder', programsFolder);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Testcontainers takes long to load, so each way is loaded only when chosen. */
async function startServices(kind: string): Promise<TestServices> {
  switch (kind) {
    case 'embedded':
      return (await import('./embedded-services.ts')).startEmbeddedServices();
    case 'containers':
      return (await import('./container-services.ts')).startContainerServices();
    default:
      throw new Error(`TEST_SERVICES must be embedded or containers, not ${kind}`);
  }
}
