import { auditUserId } from '../auth/viewer.ts';
import { type EntityName, ownersOf } from '../catalogue/entities.ts';
import { assertUnchanged } from '../db/optimistic-lock.ts';
import { newRowId } from '../db/row-ids.ts';
import type { Selection } from '../db/tenant-client.ts';
import { type FieldProblem, message, nounOf, parseInput, ValidationFailedError } from '../errors/index.ts';
import { assertSound, loadForChange, recordChange, reportTakenField, withDerived } from './change-steps.ts';
import { reassignDependents, refuseDependents } from './dependents.ts';
import type { Entity, EntityRow, RowOf } from './entity.ts';
import type { EntityWork, FurtherWrites } from './entity-work.ts';
import { findDeletedReferences, goneReferences } from './references.ts';
import { ownerAtRestore, withOwner } from './row-scope.ts';
import { assertMayGive, sealChangedValues, sealNewValues } from './sealed-values.ts';

export type { EntityWork, FurtherWrites } from './entity-work.ts';

/**
 * Creates a row.
 * @param input what the client wants it to hold.
 * @throws {ValidationFailedError} for a field that is wrong, or refers to a row that is not there.
 * @throws {ConflictError} when another live row has a value that has to be unique.
 * @throws {ForbiddenError} for a sealed field that the viewer may not write.
 */
export async function createRow<Name extends EntityName>(
  on: EntityWork<Name>,
  input: object,
  selection: Selection,
): Promise<EntityRow> {
  const { entity, actor } = on;
  const fields = parseInput(entity.creation, withOwner(entity.name, actor.viewer, input), ['input']);
  const id = newRowId();
  const sealed = await sealNewValues(on, { ...fields, id }, input);
  return insertRow(on, fields, selection, { ...sealed, data: { ...sealed.data, id } });
}

/**
 * Creates a row of values that have been checked, by themselves.
 * @throws as {@link createRow}.
 */
export async function insertRow<Name extends EntityName>(
  on: EntityWork<Name>,
  values: Partial<RowOf<Name>>,
  selection: Selection,
  further: FurtherWrites = {},
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const given = await withDerived(entity, { transaction, actor, before: null, changes: values });
  await assertSound(entity, transaction, actor, null, given);
  const fields = await prepared(on, null, given);
  const author = auditUserId(actor.viewer);
  const data = { ...fields, ...further.data, createdBy: author, updatedBy: author };
  const row = await reportTakenField(entity, ['input'], () =>
    entity.delegate(transaction).create({ ...selection, data }),
  );
  await recordChange(entity, transaction, actor, 'create', row.id, [null, fields], further.changes);
  return row;
}

/**
 * Changes the fields that `input` has.
 * @param expectedUpdatedAt when the editor's copy was last changed; absent means that they don't mind.
 * @param writeMore writes what else changes with the row, just before it.
 * @throws {NotFoundError} when no live row of that id exists for the viewer.
 * @throws {ConflictError} when somebody has changed the row since.
 * @throws {ForbiddenError} when it gives somebody a row whose sealed values the viewer may not read.
 * @throws as {@link createRow}.
 */
export async function updateRow<Name extends EntityName>(
  on: EntityWork<Name>,
  id: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
  writeMore: (row: RowOf<Name>) => Promise<FurtherWrites> = async () => ({}),
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const changes = parseInput(entity.update, input, ['input']);
  const before = await loadForChange(entity, transaction, actor, id, 'update');
  assertUnchanged(before, expectedUpdatedAt);
  const given = await withDerived(entity, { transaction, actor, before, changes });
  await assertSound(entity, transaction, actor, before, given);
  await assertMayGive(on, before, given);
  const fields = await prepared(on, before, given);
  const sealed = await sealChangedValues(on, before, input);
  const further = await writeMore(before);
  const data = { ...fields, ...sealed.data, ...further.data, updatedBy: auditUserId(actor.viewer) };
  const row = await reportTakenField(entity, ['input'], () =>
    entity.delegate(transaction).update({ ...selection, where: { id }, data }),
  );
  await entity.after?.({ transaction, actor, verb: 'update', row: before }, fields);
  const states = [before, { ...before, ...fields }] as const;
  await recordChange(entity, transaction, actor, 'update', id, states, {
    ...sealed.changes,
    ...further.changes,
  });
  return row;
}

/** Does what a change entails before it is written. @returns the values to write. */
async function prepared<Name extends EntityName>(
  { entity, transaction, actor }: EntityWork<Name>,
  before: RowOf<Name> | null,
  changes: Partial<RowOf<Name>>,
): Promise<Partial<RowOf<Name>>> {
  return { ...changes, ...(await entity.prepare?.({ transaction, actor, before, changes })) };
}

/** A deleted row, and what became of those that referred to it. */
export interface DeletedRow {
  /** The row's name for people; null when it has none. */
  readonly label: string | null;
  /** Null unless rows were to be moved. */
  readonly movedCount: number | null;
}

/**
 * Marks a row as deleted; what has to be unique is free again.
 * @param reassignTo takes over the rows that refer to it; without one there must be none.
 * @throws {NotFoundError} when no live row of that id exists for the viewer.
 * @throws {ConflictError} while other rows refer to it.
 * @throws {ValidationFailedError} when `reassignTo` is not there, or is the row itself.
 */
export async function deleteRow<Name extends EntityName>(
  { entity, transaction, actor }: EntityWork<Name>,
  id: string,
  reassignTo: string | null,
): Promise<DeletedRow> {
  const before = await loadForChange(entity, transaction, actor, id, 'delete');
  const handedOver =
    reassignTo === null
      ? await refuseDependents(transaction, actor, entity, id)
      : await reassignDependents(transaction, actor, entity, id, reassignTo);
  const deletedAt = new Date();
  const author = auditUserId(actor.viewer);
  await entity
    .delegate(transaction)
    .update({ where: { id }, data: { deletedAt, deletedBy: author, updatedBy: author } });
  await entity.after?.({ transaction, actor, verb: 'delete', row: before }, {});
  const states = [before, { ...before, deletedAt }] as const;
  await recordChange(entity, transaction, actor, 'delete', id, states, handedOver?.changes);
  return { label: labelOf(entity, before), movedCount: handedOver?.movedCount ?? null };
}

function labelOf<Name extends EntityName>({ label }: Entity<Name>, row: RowOf<Name>): string | null {
  const value: unknown = row[label];
  return value === null ? null : String(value);
}

/**
 * Brings a deleted row back. References to what has been deleted since are cleared, unless the row can't be without
 * them; those to what lives stay, whether the viewer sees it or not. A row whose owner is gone becomes the viewer's when they would not reach it otherwise.
 * @param path where the row's id stands in the mutation's arguments.
 * @throws {NotFoundError} when no deleted row of that id exists for the viewer; it says so when they see a live one.
 * @throws {ValidationFailedError} naming the references that are gone, if the row can't be without them.
 * @throws {ConflictError} when another live row has a value that has to be unique by now.
 * @throws {ForbiddenError} when it is somebody's, with sealed values that the viewer may not read.
 */
export async function restoreRow<Name extends EntityName>(
  on: EntityWork<Name>,
  id: string,
  path: readonly string[],
  selection: Selection,
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const before = await loadForChange(entity, transaction, actor, id, 'restore');
  const missing = await findDeletedReferences(transaction, entity, before);
  const gone = goneReferences(entity, missing, path);
  if (gone.length > 0) throw new ValidationFailedError(gone);
  const cleared = clearedColumns<Name>(missing);
  const owner = ownerAtRestore(entity.name, actor.viewer, { ...before, ...cleared });
  if (owner === null) throw new ValidationFailedError(goneOwners(entity.name, path));
  await assertMayGive(on, before, { ...cleared, ...owner });
  const restored = {
    ...cleared,
    ...owner,
    ...(await entity.atRestore?.({ transaction, actor, before, changes: cleared })),
    deletedAt: null,
  };
  const data = { ...restored, deletedBy: null, updatedBy: auditUserId(actor.viewer) };
  const row = await reportTakenField(entity, path, () =>
    entity.delegate(transaction).update({ ...selection, where: { id }, data }),
  );
  await recordChange(entity, transaction, actor, 'restore', id, [before, { ...before, ...restored }]);
  return row;
}

/** Names the owners without whom a row that is about them would be out of reach of whoever restores it. */
function goneOwners(name: EntityName, path: readonly string[]): FieldProblem[] {
  return ownersOf(name).map((column) => ({
    path: [...path, column],
    message: message('field.referenceGone', { type: nounOf('User') }),
  }));
}

/** The values of optional references to rows that are gone. */
function clearedColumns<Name extends EntityName>(columns: readonly string[]): Partial<RowOf<Name>> {
  // Each of them may be empty, which the names alone don't tell.
  return Object.fromEntries(columns.map((column) => [column, null])) as Partial<RowOf<Name>>;
}
