import { writeDay } from '../db/days.ts';
import type { Column } from '../db/rows/table.ts';
import { tables } from '../generated/tables.ts';
import { Prisma } from '../generated/tenant/client.ts';
import type { Entity } from './entity.ts';

/** A row as the audit log shows it: days without a time, and decimals with all their digits. */
export function recordedRow({ model }: Pick<Entity, 'model'>, row: object): Record<string, unknown> {
  const columns: Readonly<Record<string, Column | undefined>> = tables[model].columns;
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, recordedValue(columns[column]?.type, value)]),
  );
}

function recordedValue(type: Column['type'] | undefined, value: unknown): unknown {
  if (Prisma.Decimal.isDecimal(value)) return value.toFixed();
  return type === 'Date' && value instanceof Date ? writeDay(value) : value;
}
