import type { Comparison, Row } from './comparison.ts';

/** Writes a comparison as a table for people. */
export function formatComparison({ title, measured, ratios }: Comparison): string {
  const columns = Object.keys(measured[0]?.figures ?? {});
  const nameWidth = Math.max(...[...measured, ...ratios].map(({ name }) => name.length));
  const columnWidth = Math.max(...columns.map((column) => column.length), 9);
  const line = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(nameWidth)}${cells.map((cell) => `  ${cell.padStart(columnWidth)}`).join('')}`;
  const cells = ({ figures }: Row, unit: string) =>
    columns.map((column) => `${formatNumber(figures[column] ?? Number.NaN)}${unit}`);
  return [
    title,
    line('', columns),
    ...measured.map((row) => line(row.name, cells(row, ''))),
    ...ratios.map((row) => line(row.name, cells(row, ' ×'))),
  ].join('\n');
}

function formatNumber(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
