import type { AuditChanges } from '../audit/audit-entry.ts';
import { recordAudits } from '../audit/tenant-audit.ts';
import { type Actor, hasPermission, type Viewer } from '../auth/viewer.ts';
import { type EntityName, ownersOf } from '../catalogue/entities.ts';
import { type SealedPlace, SealedValueError, type Sealer } from '../db/sealed-columns.ts';
import type { TenantDatabase } from '../db/tenant-client.ts';
import { ForbiddenError, message, parseInput } from '../errors/index.ts';
import { tables } from '../generated/tables.ts';
import type { Entity, EntityRow } from './entity.ts';
import type { EntityWork, FurtherWrites } from './entity-work.ts';
import { isReached, visibleRows } from './row-scope.ts';
import type { SealedColumn } from './sealed-fields.ts';

/** Stands for a value in the audit log, which tells that it changed and never what it is. */
const unsaid = '***';

/** Returns whether an input has values for sealed fields. */
export function hasSealedValues({ sealedColumns }: Pick<Entity, 'sealedColumns'>, input: object): boolean {
  return sealedColumns.some(({ name }) => Reflect.get(input, name) != null);
}

/**
 * Checks and seals the values of an input for a new row, to be written with it.
 * @param row the row's id, and the columns that say whose it is.
 * @throws {ValidationFailedError} for a value that is wrong.
 * @throws {ForbiddenError} when the viewer may not write sealed fields of the row.
 */
export async function sealNewValues<Name extends EntityName>(
  on: EntityWork<Name>,
  row: { readonly id: string },
  input: object,
): Promise<FurtherWrites> {
  const given = givenValues(on, row, input, (value) => value !== null);
  return sealValues(on, row.id, given, () => null);
}

/**
 * The same for a change of a row. A value that stays the same is not written; one that doesn't open any more can be
 * replaced.
 */
export async function sealChangedValues<Name extends EntityName>(
  on: EntityWork<Name>,
  row: { readonly id: string },
  input: object,
): Promise<FurtherWrites> {
  const given = givenValues(on, row, input, () => true);
  if (given.length === 0) return {};
  const { entity, transaction, sealer } = on;
  const [stored] = await readRows(entity, transaction, { id: row.id });
  /** Undefined for a value that doesn't open. */
  const before = new Map<string, string | null | undefined>();
  for (const { column } of given) {
    const text = textIn(stored, column.column);
    before.set(
      column.name,
      text === null ? null : await openedOrBroken(needed(sealer), placeOf(entity, row.id, column), text),
    );
  }
  const changed = given.filter(({ column, value }) => before.get(column.name) !== value);
  return sealValues(on, row.id, changed, ({ name }) => (before.get(name) === null ? null : unsaid));
}

/** A sealed field, and the value that it is given. */
interface GivenValue {
  readonly column: SealedColumn;
  readonly value: string | null;
}

function givenValues<Name extends EntityName>(
  { entity, actor }: EntityWork<Name>,
  row: object,
  input: object,
  counts: (value: string | null) => boolean,
): GivenValue[] {
  const { sealedColumns, sealedInput } = entity;
  const named = Object.fromEntries(
    sealedColumns.flatMap(({ name }) => {
      const value: unknown = Reflect.get(input, name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const values = parseInput(sealedInput, named, ['input']);
  const given = sealedColumns.flatMap((column) => {
    const value = values[column.name];
    return value !== undefined && counts(value) ? [{ column, value }] : [];
  });
  if (given.length > 0) assertMaySeal(entity, actor.viewer, row);
  return given;
}

function assertMaySeal<Name extends EntityName>(entity: Entity<Name>, viewer: Viewer, row: object): void {
  const { sealed } = entity;
  if (sealed === undefined || reachesSealed(entity, viewer, row)) return;
  throw new ForbiddenError(message('forbidden.permission', { permission: sealed.permission }));
}

/**
 * Everybody may read their own, so that only who may read a row's sealed values gives the row to somebody: by a change,
 * or by bringing it back.
 * @param row as it is before.
 * @param changes the columns that are about to change.
 * @throws {ForbiddenError} when the row has sealed values that the viewer may not read.
 */
export async function assertMayGive<Name extends EntityName>(
  { entity, transaction, actor }: EntityWork<Name>,
  row: EntityRow,
  changes: object,
): Promise<void> {
  if (entity.sealed === undefined) return;
  const isGiven = ownersOf(entity.name).some((column) => {
    const before: unknown = Reflect.get(row, column);
    const after: unknown = column in changes ? Reflect.get(changes, column) : before;
    return after !== null && (row.deletedAt !== null || after !== before);
  });
  if (!isGiven) return;
  const [stored] = await readRows(entity, transaction, { id: row.id });
  const hasValues = entity.sealedColumns.some(({ column }) => textIn(stored, column) !== null);
  if (hasValues) assertMaySeal(entity, actor.viewer, row);
}

/** The permission's row scope counts as for every other one. */
function reachesSealed<Name extends EntityName>(
  { name, sealed }: Entity<Name>,
  viewer: Viewer,
  row: object,
): boolean {
  return (
    sealed !== undefined &&
    hasPermission(viewer, sealed.permission) &&
    isReached(name, viewer, sealed.permission, { ...row })
  );
}

async function sealValues<Name extends EntityName>(
  { entity, sealer }: EntityWork<Name>,
  id: string,
  given: readonly GivenValue[],
  before: (column: SealedColumn) => string | null,
): Promise<FurtherWrites> {
  const data: Record<string, string | null> = {};
  const changes: AuditChanges = {};
  for (const { column, value } of given) {
    data[column.column] =
      value === null ? null : await needed(sealer).seal(placeOf(entity, id, column), value);
    changes[column.name] = { before: before(column), after: value === null ? null : unsaid };
  }
  return { data, changes };
}

function needed(sealer: Sealer | undefined): Sealer {
  if (!sealer) throw new Error('Sealed fields are written with the sealer of their tenant.');
  return sealer;
}

/** Undefined when it doesn't open. */
async function openedOrBroken(sealer: Sealer, place: SealedPlace, text: string): Promise<string | undefined> {
  return sealer.open(place, text).catch((error: unknown) => {
    if (error instanceof SealedValueError) return undefined;
    throw error;
  });
}

/** The reading of sealed fields of several rows, for one request. */
export interface SealedReading<Name extends EntityName> {
  readonly entity: Entity<Name>;
  readonly db: TenantDatabase;
  readonly sealer: Sealer;
  readonly actor: Actor;
  /** The fields that the request has read in clear, and recorded, by row. Its next reading records only others. */
  readonly recorded: Map<string, Set<string>>;
}

/** The sealed fields of a row, as the viewer may read them. */
export interface SealedValues {
  readonly isMasked: boolean;
  /** Null for a field without a value. */
  readonly values: ReadonlyMap<string, string | null>;
}

/**
 * Reads sealed fields of rows: in clear where the viewer holds the permission for the row, or is the person whom it is
 * about; masked otherwise. What is read in clear is recorded before it is returned, in one statement for all rows.
 * @returns for each id its values, null for a row that doesn't exist for the viewer, or the reason why it can't be read.
 */
export async function readSealedValues<Name extends EntityName>(
  reading: SealedReading<Name>,
  ids: readonly string[],
  names: readonly string[],
): Promise<(SealedValues | null | Error)[]> {
  const { entity, db, sealer, actor } = reading;
  const { viewer } = actor;
  const columns = entity.sealedColumns.filter(({ name }) => names.includes(name));
  const rows = await readRows(entity, db, { id: { in: [...ids] }, ...readableRows(entity.name, viewer) });
  const answers = new Map<unknown, SealedValues | Error>();
  for (const row of rows) {
    const id = String(row.id);
    const isMasked = !isAbout(entity.name, viewer, row) && !reachesSealed(entity, viewer, row);
    answers.set(
      id,
      await openRow(row, columns, isMasked, (column, text) =>
        sealer.open(placeOf(entity, id, column), text),
      ).catch(brokenOr),
    );
  }
  await recordReading(reading, answers);
  return ids.map((id) => answers.get(id) ?? null);
}

/** Everybody may read their own, whatever else they may. */
function readableRows(name: EntityName, viewer: Viewer): object {
  const own = viewer.role === 'manager' ? [] : ownersOf(name).map((column) => ({ [column]: viewer.userId }));
  const visible = visibleRows(name, viewer, 'read');
  return own.length === 0 || Object.keys(visible).length === 0 ? visible : { OR: [visible, ...own] };
}

function isAbout(name: EntityName, viewer: Viewer, row: object): boolean {
  return (
    viewer.role !== 'manager' && ownersOf(name).some((column) => Reflect.get(row, column) === viewer.userId)
  );
}

async function openRow(
  row: object,
  columns: readonly SealedColumn[],
  isMasked: boolean,
  open: (column: SealedColumn, text: string) => Promise<string>,
): Promise<SealedValues> {
  const values = new Map<string, string | null>();
  for (const column of columns) {
    const text = textIn(row, column.column);
    const value = text === null ? null : await open(column, text);
    values.set(column.name, value !== null && isMasked ? column.mask(value) : value);
  }
  return { isMasked, values };
}

/** A value that doesn't open spoils its own row alone. */
function brokenOr(error: unknown): Error {
  if (error instanceof SealedValueError) return error;
  throw error;
}

async function recordReading<Name extends EntityName>(
  { entity, db, actor, recorded }: SealedReading<Name>,
  answers: ReadonlyMap<unknown, SealedValues | Error>,
): Promise<void> {
  const { sealed } = entity;
  if (!sealed) return;
  const read = [...answers].flatMap(([id, answer]) => {
    if (answer instanceof Error || answer.isMasked) return [];
    const known = recorded.get(String(id));
    const names = [...answer.values].flatMap(([name, value]) =>
      value === null || known?.has(name) ? [] : [name],
    );
    return names.length === 0 ? [] : [{ id: String(id), names }];
  });
  if (read.length === 0) return;
  await recordAudits(
    db,
    actor,
    read.map(({ id, names }) => ({
      action: sealed.readAction,
      entityType: entity.name,
      entityId: id,
      changes: { fields: { before: null, after: names } },
    })),
  );
  for (const { id, names } of read) recorded.set(id, new Set([...(recorded.get(id) ?? []), ...names]));
}

/** Rows with their sealed columns, and with those that say whose they are. */
function readRows<Name extends EntityName>(
  entity: Entity<Name>,
  db: TenantDatabase,
  where: object,
): Promise<{ readonly id: string }[]> {
  const columns = ['id', ...ownersOf(entity.name), ...entity.sealedColumns.map(({ column }) => column)];
  const select = Object.fromEntries(columns.map((column) => [column, true as const]));
  return entity.delegate(db).findMany({ where, select });
}

function textIn(row: object | undefined, column: string): string | null {
  const text: unknown = row && Reflect.get(row, column);
  return typeof text === 'string' ? text : null;
}

function placeOf({ model }: Pick<Entity, 'model'>, rowId: string, { column }: SealedColumn): SealedPlace {
  const { schema, name } = tables[model];
  return { table: `${schema}.${name}`, column, rowId };
}
