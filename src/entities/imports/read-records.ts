import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { message } from '../../errors/index.ts';
import type { ImportFaults } from './faults.ts';

/** A line of a file, or several when a cell has line breaks. */
export interface CsvRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The most characters of a record. */
const longestRecord = 65_536;

const parsedSchema = z.object({
  record: z.array(z.string()),
  info: z.object({ lines: z.int() }),
});

const lineBreaks = /\r\n|\n|\r/g;

/**
 * Reads the records of a file. Empty lines are left out. When the rest of it can't be read, that is a fault, and the
 * last one.
 */
export async function* readRecords(text: Readable, faults: ImportFaults): AsyncGenerator<CsvRecord> {
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestRecord,
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  text.once('error', (error) => parser.destroy(error));
  text.pipe(parser);
  try {
    for await (const parsed of parser) {
      const { record, info } = parsedSchema.parse(parsed);
      const breaks = record.reduce((sum, cell) => sum + (cell.match(lineBreaks)?.length ?? 0), 0);
      yield { line: info.lines - breaks, cells: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error;
    faults.add({ line: z.int().catch(1).parse(lines), column: null, message: faultOf(error) });
  } finally {
    text.destroy();
    parser.destroy();
  }
}

function faultOf({ code }: CsvError) {
  return code === 'CSV_MAX_RECORD_SIZE'
    ? message('field.csvLineTooLong', { maximum: longestRecord })
    : message('field.csvQuotes');
}
