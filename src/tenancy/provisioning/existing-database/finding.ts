/** Something that an existing database or one of its roles lacks, or has too much of. */
export interface Finding {
  /** The fault, in one sentence. */
  readonly problem: string;
  /** The remedy, for psql, with everything quoted and no password; empty when no statement can. */
  readonly statements: readonly string[];
  /** The roles that may run the statements, in words. */
  readonly runBy: string | null;
  /** The database to be connected to when running them; null for any. */
  readonly database: string | null;
}

/** A finding that no statement mends. */
export function unmendable(problem: string): Finding {
  return { problem, statements: [], runBy: null, database: null };
}

/** The roles that may run a statement, in words. */
export const administrators = {
  superuser: 'a superuser',
  roles: 'a superuser, or a role with CREATEROLE',
  ownerOf: (database: string, owner: string) => `${owner}, who owns the database ${database}, or a superuser`,
} as const;

/** Writes findings as a script for psql: the statements, and in comments why and by whom. */
export function findingsAsScript(findings: readonly Finding[]): string {
  return findings
    .map(({ problem, statements, runBy, database }) =>
      [
        comment(problem),
        ...(runBy === null || statements.length === 0 ? [] : [comment(`To be run by ${runBy}.`)]),
        ...(database === null || statements.length === 0 ? [] : [connectTo(database)]),
        ...statements,
      ].join('\n'),
    )
    .join('\n\n');
}

/** A comment for SQL. A server's message may have several lines, and the second would be run. */
export function comment(text: string): string {
  return `-- ${text.replaceAll(/\s+/g, ' ').trim()}`;
}

/** The command of psql that goes on in another database. */
export function connectTo(database: string): string {
  // psql takes such a name for settings of a connection, with a host that it connects to.
  const isTakenForSettings = database.includes('=') || /^postgres(ql)?:\/\//.test(database);
  const argument = isTakenForSettings ? `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'` : database;
  return `\\connect "${argument.replaceAll('"', '""')}"`;
}
