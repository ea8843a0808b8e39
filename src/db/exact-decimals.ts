import { tables } from '../generated/tables.ts';
import type { Table } from './rows/table.ts';

/** A table's name in SQL, and its columns of decimals. */
interface DecimalTable {
  readonly name: string;
  readonly columns: readonly string[];
}

const decimalTables: readonly DecimalTable[] = Object.values<Table>(tables).flatMap(
  ({ schema, name, columns }) => {
    const decimals = Object.values(columns).flatMap((column) =>
      column?.type === 'Decimal' ? [column.name] : [],
    );
    return decimals.length === 0 ? [] : [{ name: `"${schema}"."${name}"`, columns: decimals }];
  },
);

/**
 * Rewrites a statement of Prisma's so that the decimals of related rows are read exactly. Prisma has PostgreSQL return
 * those rows as JSON and reads its numbers as doubles, which lose digits (seen in 7.10.0). As text, they keep them.
 */
export function withExactDecimals(sql: string): string {
  if (!sql.includes('JSONB_BUILD_OBJECT(')) return sql;
  return decimalTables.reduce(
    (text, table) => (text.includes(table.name) ? castDecimals(text, table) : text),
    sql,
  );
}

function castDecimals(sql: string, { name, columns }: DecimalTable): string {
  let exact = sql;
  for (const alias of aliasesOf(sql, name)) {
    for (const column of columns) {
      // Behind the key of an object, and not where rows are compared or put in order.
      exact = exact.replaceAll(`', "${alias}"."${column}"`, `', "${alias}"."${column}"::text`);
    }
  }
  return exact;
}

/** The aliases of a table's rows: its own, where a relation leads to one, and that of a subquery, where it leads to many. */
function aliasesOf(sql: string, name: string): string[] {
  const table = name.replaceAll('.', '\\.');
  const patterns = [
    `FROM ${table} AS "(?<alias>t\\d+)"`,
    `SELECT "(?<own>t\\d+)"\\.\\* FROM ${table} AS "\\k<own>".*?/\\* root select \\*/\\) AS "(?<alias>t\\d+)"`,
  ];
  return patterns.flatMap((pattern) =>
    [...sql.matchAll(new RegExp(pattern, 'g'))].flatMap(({ groups }) => groups?.alias ?? []),
  );
}
