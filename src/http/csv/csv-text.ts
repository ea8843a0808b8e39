import { stringify } from 'csv-stringify/sync';
import { type Column, valuesAt } from '../../graphql/exports/columns.ts';

/** Excel takes a file without it for one in the encoding of the reader's country. */
const byteOrderMark = '\ufeff';

/** What stands between the values of a list. */
const separator = '; ';

/**
 * The beginnings of what spreadsheets take for a formula: a cell of a customer's name could otherwise run on the
 * computer of whoever opens the file. The wide forms are those of East Asian keyboards. A text that has the quotation
 * mark itself gets another one, so that an import knows which is which.
 */
const formula = /^'*[=+\-@\t\r＝＋－＠]/;

/** Returns the first bytes of a file: the names of its columns. */
export function csvHead(columns: readonly Column[]): Uint8Array {
  const names = columns.map(({ path }) => defused(path.join('.')));
  return Buffer.from(`${byteOrderMark}${lines([names])}`);
}

/** Returns the lines of some rows. */
export function csvLines(columns: readonly Column[], rows: readonly unknown[]): Uint8Array {
  return Buffer.from(lines(rows.map((row) => columns.map((column) => cell(column, row)))));
}

function lines(cells: string[][]): string {
  return stringify(cells, { record_delimiter: 'windows', quote_record_delimiter: true });
}

/** A number stays one for spreadsheets; several are text. */
function cell({ path, isNumber }: Column, row: unknown): string {
  const texts = valuesAt(row, path).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  const text = texts.join(separator);
  return isNumber && texts.length === 1 ? text : defused(text);
}

function defused(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}
