import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresVersion, PostgresVersionError, supportedMajors } from '@cxg/embedded-postgres';
import { z } from 'zod';
import { counted, print, printJson, runScript, script, UsageError } from '../scripts/support/script.ts';
import { runDatabaseTests } from './support/database-tests.ts';

const program = script(
  'test-postgres-versions',
  `Runs the tests whose outcome may depend on PostgreSQL's version (vitest.database.config.ts) on each version that is
supported, one after the other. Versions that the project does not depend on are fetched from npm into .data, or are
Debian's. Each run's output is in .data/postgres-versions; the exit code is 1 if a run failed or a version is missing.`,
).argument('[what...]', 'major versions, such as 15, and paths of tests; all if none is given');

/** The outcome of the tests on one version. */
interface VersionReport {
  readonly version: number;
  readonly status: 'passed' | 'failed' | 'missing';
  /** The npm package or the folder of the programs; null if there are none. */
  readonly origin: string | null;
  readonly passed: number;
  readonly failures: readonly string[];
  readonly error: string | null;
  readonly seconds: number;
}

const downloads = join(import.meta.dirname, '..', '.data', 'postgres-versions');

await runScript(program, async () => {
  const { json } = z.object({ json: z.boolean().default(false) }).parse(program.opts());
  const { majors, paths } = readArguments(program.args);
  await mkdir(downloads, { recursive: true });
  const reports: VersionReport[] = [];
  for (const major of majors) {
    const report = await testVersion(major, paths);
    reports.push(report);
    if (!json) printReport(report);
  }
  if (json) printJson({ versions: reports });
  return reports.every(({ status }) => status === 'passed') ? 0 : 1;
});

/** Separates versions from paths. @throws {UsageError} for a version that is not supported. */
function readArguments(args: readonly string[]) {
  const given = args.filter((argument) => /^\d+$/.test(argument)).map(Number);
  const unknown = given.filter((major) => !supportedMajors.includes(major));
  if (unknown.length > 0) {
    throw new UsageError(
      `PostgreSQL ${unknown.join(', ')} is not supported: name versions of ${supportedMajors.join(', ')}.`,
    );
  }
  return {
    majors: given.length > 0 ? given : supportedMajors,
    paths: args.filter((argument) => !/^\d+$/.test(argument)),
  };
}

async function testVersion(version: number, paths: readonly string[]): Promise<VersionReport> {
  const started = performance.now();
  const report = (part: Partial<VersionReport> & Pick<VersionReport, 'status'>): VersionReport => ({
    version,
    origin: null,
    passed: 0,
    failures: [],
    error: null,
    seconds: Math.round((performance.now() - started) / 1_000),
    ...part,
  });
  try {
    const { folder, origin } = await findPostgresVersion(version, downloads);
    const log = join(downloads, `${version}.log`);
    const outcome = await runDatabaseTests(folder, paths, log);
    if (outcome === null) return report({ status: 'failed', origin, error: `No test ran: see ${log}` });
    const { success, passed, failures } = outcome;
    return success
      ? report({ status: 'passed', origin, passed })
      : report({ status: 'failed', origin, passed, failures, error: `the output is in ${log}` });
  } catch (error) {
    if (!(error instanceof PostgresVersionError)) throw error;
    return report({ status: 'missing', error: error.message });
  }
}

function printReport({ version, status, origin, passed, failures, error, seconds }: VersionReport): void {
  const tests = status === 'missing' ? '' : `${counted(passed, 'test')} passed, `;
  const count = failures.length > 0 ? `${failures.length} failed, ` : '';
  const where = origin === null ? '' : ` (${origin})`;
  print(`PostgreSQL ${version}: ${status}, ${tests}${count}${seconds} s${where}${error ? `: ${error}` : ''}`);
  for (const failure of failures) print(`  ${failure}`);
}
