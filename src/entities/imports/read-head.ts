import { message } from '../../errors/index.ts';
import type { ImportFaults } from './faults.ts';
import type { BoundColumn, ImportDefinition } from './import-definition.ts';
import type { CsvRecord } from './read-records.ts';

/** A column of a file, with the name that its first line gives it. */
export interface HeadColumn extends BoundColumn {
  readonly heading: string;
}

/** Reads the first line of a file. @returns the columns in the file's order; null for one without a name. */
export function readHead(
  { columns }: ImportDefinition,
  { line, cells }: CsvRecord,
  faults: ImportFaults,
): (HeadColumn | null)[] {
  const seen = new Set<string>();
  const head = cells.map((cell) => {
    const heading = cell.trim();
    const found = columns.find(({ names }) => names.some((name) => plain(name) === plain(heading)));
    if (found && seen.has(found.column)) {
      faults.add({ line, column: heading, message: message('field.csvColumnTwice') });
    } else if (!found && heading !== '') {
      const known = columns.map(({ names: [name] }) => name).join(', ');
      faults.add({
        line,
        column: heading.slice(0, longestHeading),
        message: otherFormat.test(heading)
          ? message('field.csvSeparator')
          : message('field.csvColumn', { columns: known }),
      });
    }
    if (!found) return null;
    seen.add(found.column);
    return { ...found, heading };
  });
  for (const { column, field, names } of columns) {
    if (field.creation === 'required' && !seen.has(column)) {
      faults.add({ line, column: names[0], message: message('field.required') });
    }
  }
  return head;
}

const longestHeading = 64;

/** Characters in headings that other separators divide, or that are in UTF-16. */
const otherFormat = /[;\t\0]/;

function plain(name: string): string {
  return name.normalize('NFC').toLowerCase().replace(/[\s_]/g, '');
}
