import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Datasource, datasourceUrl } from '../../config/datasource.ts';
import { childEnvironment } from '../../config/process-environment.ts';

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
const prismaCli = createRequire(import.meta.url).resolve('prisma/build/index.js');

/**
 * Runs the real `prisma migrate deploy` on one database, in a process of its own. The URL travels in the
 * environment, because arguments stand in process lists.
 * @returns the names of the migrations that it says it has applied.
 * @throws with the CLI's own message when it fails.
 */
export function deployWithCli(datasource: Datasource): Promise<string[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [prismaCli, 'migrate', 'deploy'],
      {
        cwd: projectFolder,
        env: childEnvironment({ TENANT_DATABASE_URL: datasourceUrl(datasource), NO_COLOR: '1' }),
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(appliedMigrations(stdout));
        reject(new Error(lastParagraph(stderr) || lastParagraph(stdout) || error.message));
      },
    );
  });
}

function lastParagraph(output: string): string {
  return (
    output
      .trim()
      .split(/\n\s*\n/)
      .at(-1)
      ?.trim() ?? ''
  );
}

/** The CLI lists them as a tree of folders: `  └─ 20260101000000_name/` with `    └─ migration.sql` below. */
function appliedMigrations(output: string): string[] {
  return [...output.matchAll(/└─ (\S+)\/$/gm)].flatMap(([, name]) =>
    name === undefined || name === 'migrations' ? [] : [name],
  );
}
