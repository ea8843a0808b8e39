import type { Comparison, Row } from './comparison.ts';
import type { Spread } from './statistics.ts';

/** Writes a comparison as a table for people: medians, and in brackets the least and the most of the rounds. */
export function formatComparison({ title, measured, ratios }: Comparison): string {
  const rows = [...measured.map((row) => ({ row, unit: '' })), ...ratios.map((row) => ({ row, unit: ' ×' }))];
  const columns = [...new Set(rows.flatMap(({ row }) => Object.keys(row.figures)))];
  const cells = ({ figures }: Row, unit: string) =>
    columns.map((column) => formatSpread(figures[column], unit));
  const table = [['', ...columns], ...rows.map(({ row, unit }) => [row.name, ...cells(row, unit)])];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return [
    title,
    ...table.map((line) =>
      line
        .map((cell, column) => {
          const width = widths?.[column] ?? 0;
          return `  ${column === 0 ? cell.padEnd(width) : cell.padStart(width)}`;
        })
        .join(''),
    ),
  ].join('\n');
}

function formatSpread(spread: Spread | undefined, unit: string): string {
  if (!spread) return '';
  if (Number.isNaN(spread.median)) return 'none';
  const { median, min, max } = spread;
  const range = min === max ? '' : ` [${formatNumber(min)}–${formatNumber(max)}]`;
  return `${formatNumber(median)}${unit}${range}`;
}

function formatNumber(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
