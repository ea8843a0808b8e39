import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ended } from '@cxg/local-processes';
import { z } from 'zod';

/** The outcome of a run of the tests. */
export interface DatabaseTestOutcome {
  readonly success: boolean;
  /** The number of those that have passed. */
  readonly passed: number;
  /** Those that have failed, each in one line. */
  readonly failures: readonly string[];
}

const resultSchema = z.object({
  numPassedTests: z.int(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

const projectFolder = join(import.meta.dirname, '..', '..');

/**
 * Runs the tests of vitest.database.config.ts on a PostgreSQL.
 * @param installation the folder with PostgreSQL's bin, lib and share.
 * @param paths of the tests to run; all if empty.
 * @param log the file to write the output to.
 * @returns null if no test could be run.
 */
export async function runDatabaseTests(
  installation: string,
  paths: readonly string[],
  log: string,
): Promise<DatabaseTestOutcome | null> {
  const results = `${log}.json`;
  await rm(results, { force: true });
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const output = createWriteStream(log);
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      '--config=vitest.database.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${results}`,
      ...paths,
    ],
    {
      cwd: projectFolder,
      env: { ...process.env, TEST_SERVICES: 'embedded', TEST_POSTGRES_INSTALLATION: installation },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  await ended(child);
  output.end();
  const written = await readFile(results, 'utf8').catch(() => null);
  if (written === null) return null;
  const { success, numPassedTests: passed, testResults } = resultSchema.parse(JSON.parse(written));
  await rm(results);
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(projectFolder, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // Such as one whose fixtures could not be made.
    if (status === 'failed' && failed.length === 0) return [`${file}: ${message.trim().split('\n')[0]}`];
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
  return passed + failures.length === 0 ? null : { success, passed, failures };
}
