import type pg from 'pg';
import type { Cells } from './row-shape.ts';

const asText = { getTypeParser: () => (text: string) => text };

/** Runs a statement outside of any transaction. @returns its rows, each as an array of the columns' texts. */
export async function readCells(
  pool: pg.Pool,
  text: string,
  values: readonly string[],
): Promise<readonly Cells[]> {
  const { rows } = await pool.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: asText,
  });
  return rows;
}
