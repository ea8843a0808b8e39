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
 * Makes Prisma read the decimals of related rows exactly. It has PostgreSQL put those rows together as JSON, and reads
 * the numbers in it as doubles, which lose digits (seen in 7.10.0). As text they stay as they are.
 */
export function withExactDecimals(sql: string): string {
  if (!sql.includes('JSONB_BUILD_OBJECT(')) return sql;
  return decimalTables.reduce(
    (text, table) => (text.includes(table.name) ? castDecimals(text, table) : text),
    sql,
  );
}

function castDecimals(sql: string, { name, columns }: DecimalTable): string {
  const selects = new RegExp(
    `SELECT "(t\\d+)"\\.\\* FROM ${name.replaceAll('.', '\\.')} AS "\\1".*?/\\* root select \\*/\\) AS "(t\\d+)"`,
    'g',
  );
  let exact = sql;
  for (const [, , alias] of sql.matchAll(selects)) {
    for (const column of columns) {
      // Behind the key of an object, and not where rows are compared or put in order.
      exact = exact.replaceAll(`', "${alias}"."${column}"`, `', "${alias}"."${column}"::text`);
    }
  }
  return exact;
}
