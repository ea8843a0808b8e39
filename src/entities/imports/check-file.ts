import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { entityOf, ownersOf } from '../../catalogue/entities.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { issueMessage, message, nounOf } from '../../errors/index.ts';
import { recordedRow } from '../recorded-row.ts';
import { delegateOf } from '../references.ts';
import { isVisible, visibleRows, withOwner } from '../row-scope.ts';
import { takenMessage } from '../taken-messages.ts';
import { ImportFaults } from './faults.ts';
import type { ImportDefinition } from './import-definition.ts';
import { cellText, readCell } from './read-cell.ts';
import { type HeadColumn, readHead } from './read-head.ts';
import { type CsvRecord, readRecords } from './read-records.ts';
import type { Spool } from './spool.ts';
import { decodeText, encodingOf, type TextEncoding } from './text-encoding.ts';

/** The rows of a file that are in memory at once. */
const batchSize = 500;

/** The most rows of a file. */
const maximumRows = 50_000;

/** A row at work: the values that its cells gave, and the faults that they have. */
interface Draft {
  readonly record: CsvRecord;
  readonly input: Record<string, unknown>;
}

/** Whoever imports, and the database that they import into. */
export interface ImportPlace {
  readonly db: TenantDatabase;
  readonly viewer: Viewer;
}

/** A file that has been checked. */
export interface CheckedFile {
  readonly encoding: TextEncoding;
  readonly rowCount: number;
  readonly faults: ImportFaults;
}

/**
 * Checks a file row by row, as a creation of each would be.
 * @param write takes the rows as the database stores them, in batches; not complete when there are faults.
 */
export async function checkFile(
  definition: ImportDefinition,
  { db, viewer }: ImportPlace,
  file: Spool,
  write: (rows: readonly object[]) => Promise<void>,
): Promise<CheckedFile> {
  const faults = new ImportFaults();
  const encoding = await encodingOf(file.read());
  /** The lines of the values that no other row may have, by column. */
  const linesOf = new Map(definition.unique.map((column) => [column, new Map<unknown, number>()]));
  /** The lines of rows that others may be like. */
  const linesOfAlike = new Map<string, number>();
  let head: (HeadColumn | null)[] | null = null;
  let rowCount = 0;
  let batch: Draft[] = [];

  function headingOf(column: string): string {
    return head?.find((each) => each?.column === column)?.heading ?? column;
  }

  function readRow(columns: readonly (HeadColumn | null)[], record: CsvRecord): Draft {
    const { line, cells } = record;
    const input: Record<string, unknown> = {};
    if (cells.some((cell, index) => !columns[index] && cell.trim() !== '')) {
      faults.add({ line, column: null, message: message('field.csvCells') });
    }
    for (const [index, column] of columns.entries()) {
      const text = cellText(cells[index] ?? '');
      if (text === '' || !column) continue;
      const read = text.includes('\ufffd')
        ? { fault: message('field.csvCharacters') }
        : readCell(column.field, text, column.words ?? {});
      if ('value' in read) input[column.column] = read.value;
      else {
        faults.add({ line, column: column.heading, message: read.fault });
        // Only this problem of the cell is reported.
        input[column.column] = faulty;
      }
    }
    return { record, input };
  }

  /** Puts ids into the place of the names by which a batch refers to other rows. */
  async function resolve(
    drafts: readonly Draft[],
    { column, field, by, heading }: HeadColumn,
  ): Promise<void> {
    if (!field.references || !by) return;
    const named = drafts.flatMap((draft) => {
      const name = by.schema.safeParse(draft.input[column]);
      return column in draft.input && draft.input[column] !== faulty ? [{ draft, name: name.data }] : [];
    });
    const names = [...new Set(named.flatMap(({ name }) => (name === undefined ? [] : [name])))];
    const ids = await findNamed({ db, viewer }, field.references, by.column, names);
    for (const { draft, name } of named) {
      const id = name === undefined ? undefined : ids.get(name);
      draft.input[column] = id ?? faulty;
      if (id !== undefined) continue;
      const { line } = draft.record;
      faults.add({
        line,
        column: heading,
        message: message('field.noSuch', { type: nounOf(field.references) }),
      });
    }
  }

  function parse({ record: { line }, input }: Draft): object | null {
    const values = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== faulty));
    const parsed = definition.creation.safeParse(withOwner(definition.name, viewer, values));
    for (const issue of parsed.error?.issues ?? []) {
      const column = String(issue.path[0] ?? '');
      if (input[column] === faulty) continue;
      const said = column in input ? issueMessage(issue) : message('field.required');
      faults.add({ line, column: headingOf(column), message: said });
    }
    if (!parsed.success) return null;
    const row: Record<string, unknown> = { ...parsed.data };
    const [owner] = ownersOf(definition.name);
    if (owner !== undefined && input[owner] !== faulty && !isVisible(definition.name, viewer, 'write', row)) {
      faults.add({ line, column: headingOf(owner), message: message('field.ownerOutOfReach') });
    }
    return row;
  }

  /** Finds values that other rows have, in the file or in the table. */
  async function checkUnique(
    rows: readonly { readonly line: number; readonly row: object }[],
  ): Promise<void> {
    for (const [column, known] of linesOf) {
      const fresh = new Map<unknown, number>();
      for (const { line, row } of rows) {
        const value: unknown = Reflect.get(row, column);
        if (value == null) continue;
        const first = known.get(value);
        if (first === undefined) {
          known.set(value, line);
          fresh.set(value, line);
        } else {
          faults.add({
            line,
            column: headingOf(column),
            message: message('field.csvTaken', { line: first }),
          });
        }
      }
      const where = { deletedAt: null, [column]: { in: [...fresh.keys()] } };
      for (const row of await delegateOf(db, definition.name).findMany({ where })) {
        const line = fresh.get(Reflect.get(row, column));
        if (line !== undefined) {
          faults.add({ line, column: headingOf(column), message: takenMessage(column) });
        }
      }
    }
  }

  /** Finds rows that are like others, in the file or in the table. */
  async function checkAlike(rows: readonly { readonly line: number; readonly row: object }[]): Promise<void> {
    const { alike } = definition;
    if (!alike) return;
    const known = await alike.findKeys(
      db,
      viewer,
      rows.map(({ row }) => row),
    );
    for (const { line, row } of rows) {
      const key = alike.keyOf(row);
      if (key === null) continue;
      const first = linesOfAlike.get(key);
      if (first === undefined) linesOfAlike.set(key, line);
      if (first === undefined && !known.has(key)) continue;
      const said = first === undefined ? alike.alikeToRow : alike.alikeToLine(first);
      faults.add({ line, column: headingOf(alike.column), message: said });
    }
  }

  async function finish(drafts: readonly Draft[]): Promise<void> {
    for (const column of head ?? []) if (column) await resolve(drafts, column);
    const rows = drafts.flatMap((draft) => {
      const row = parse(draft);
      return row ? [{ line: draft.record.line, row }] : [];
    });
    await checkUnique(rows);
    await checkAlike(rows);
    if (faults.count === 0) await write(rows.map(({ row }) => recordedRow(definition, row)));
  }

  for await (const record of readRecords(decodeText(file.read(), encoding), faults)) {
    if (!head) {
      head = readHead(definition, record, faults);
      // Rows of other columns would be nothing but faults.
      if (faults.count > 0) break;
      continue;
    }
    if (record.cells.every((cell) => cell.trim() === '')) continue;
    rowCount++;
    if (rowCount > maximumRows) {
      faults.add({
        line: record.line,
        column: null,
        message: message('field.csvTooManyRows', { maximum: maximumRows }),
      });
      break;
    }
    batch.push(readRow(head, record));
    if (batch.length < batchSize) continue;
    await finish(batch);
    batch = [];
  }
  await finish(batch);
  if (rowCount === 0 && faults.count === 0) {
    faults.add({ line: 1, column: null, message: message('field.csvEmpty') });
  }
  // Each batch is checked in several steps.
  faults.kept.sort((one, other) => one.line - other.line);
  return { encoding, rowCount, faults };
}

/** The value of a cell whose fault has been reported. */
const faulty = Symbol('faulty');

/**
 * Finds live rows by a name. Somebody who may not read such rows knows only themselves, so that nobody finds out by
 * guessing which there are.
 */
async function findNamed(
  { db, viewer }: ImportPlace,
  references: NonNullable<HeadColumn['field']['references']>,
  column: string,
  names: readonly string[],
): Promise<Map<unknown, string>> {
  if (names.length === 0) return new Map();
  const mayRead = hasPermission(viewer, `${entityOf(references).resource}:read`);
  const where = {
    deletedAt: null,
    [column]: { in: [...names] },
    AND: [visibleRows(references, viewer, 'read'), ...(mayRead ? [] : [{ id: viewer.userId }])],
  };
  const rows = await delegateOf(db, references).findMany({ where });
  return new Map(rows.map((row) => [Reflect.get(row, column), row.id]));
}
