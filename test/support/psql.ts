import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';

const rowsSchema = z.array(z.record(z.string(), z.string()));

const unquote = (name: string) => name.replace(/^"(.*)"$/, '$1').replaceAll('""', '"');

/**
 * Runs a script as psql does, as far as our own scripts go: statements that end with a line, `\connect`, `\password`
 * and `\gexec`. @returns the statements that were run.
 * @param passwords what to type for each role.
 */
export async function runAsPsql(
  script: string,
  datasource: Datasource,
  passwords: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const run: string[] = [];
  let database = datasource.database;
  let pending: string[] = [];
  // A transaction for each statement, but one session: settings and memberships are the user's anyway.
  const execute = (statement: string) => {
    run.push(statement);
    return withConnection({ ...datasource, database }, (client) => client.query(statement));
  };
  for (const line of script.split('\n')) {
    if (line.startsWith('--') || line.startsWith('\\set ') || line.trim() === '') continue;
    const [, command, name] = /^\\(connect|password) (.+)$/.exec(line) ?? [];
    if (command === 'connect') database = unquote(String(name));
    else if (command === 'password') {
      const password = passwords[unquote(String(name))];
      if (password === undefined) throw new Error(`There is no password for ${name}.`);
      await execute(`ALTER ROLE ${name} PASSWORD ${pg.escapeLiteral(password)}`);
    } else if (line.endsWith(' \\gexec')) {
      const { rows } = await execute([...pending, line.slice(0, -' \\gexec'.length)].join('\n'));
      for (const row of rowsSchema.parse(rows)) {
        for (const statement of Object.values(row)) await execute(statement);
      }
      pending = [];
    } else if (line.endsWith(';')) {
      await execute([...pending, line].join('\n'));
      pending = [];
    } else pending.push(line);
  }
  return run;
}
