import { type EntityName, entityOf, ownersOf } from '../../catalogue/entities.ts';
import type { Relation } from '../../db/rows/table.ts';
import type { ColumnOf, Entity } from '../../entities/entity.ts';
import { isVisible } from '../../entities/row-scope.ts';
import { tables } from '../../generated/tables.ts';
import { fromRows } from '../answer-sources.ts';
import type { Context } from '../context.ts';
import { contextOnly } from '../context-only.ts';
import { optionalGlobalId } from '../global-id.ts';
import { assertPermission } from '../permission-checks.ts';

/** A related row, with the columns that say for whom it exists. */
type RelatedRow = object & { readonly id: string };

/**
 * A relation to at most one row of an entity with owners. What says for whom that row exists is loaded with it, in the
 * statement of the rows that refer to it.
 */
export function toOne(name: EntityName) {
  const owners = Object.fromEntries(ownersOf(name).map((column) => [column, true as const]));
  const columns: { readonly id: true } = { ...owners, id: true };
  // Whoever may not read such rows at all is refused, which tells nothing of the related one; for others it is null
  // where it is out of scope.
  const authScopes = { permission: `${entityOf(name).resource}:read` } as const;
  return {
    /** The columns to select of the related row, besides those that the client asks for. */
    columns,
    /** The options of its field that every such field has. */
    field: { nullable: true, extensions: { ...contextOnly, ...fromRows }, authScopes } as const,
    authScopes,
    /** Returns the related row that was loaded; null when it doesn't exist for the viewer. */
    visible: <Row extends RelatedRow>(row: Row | null, { viewer }: Pick<Context, 'viewer'>): Row | null =>
      row !== null && isVisible(name, viewer, 'read', { ...row }) ? row : null,
  };
}

/**
 * The options of a field for the global id of the row that a column refers to. It tells no more than the relation does:
 * it is null where that is out of scope, and refused for a user whom the viewer may not read.
 */
export function referenceId<Name extends EntityName>(entity: Entity<Name>, column: ColumnOf<Name>) {
  const references = entity.columns.find(([name]) => name === column)?.[1].references;
  if (!references) throw new Error(`${entity.name}.${column} refers to no entity.`);
  const target = toOne(references);
  const relation = relationOf(entity, column);
  const hasOwners = ownersOf(references).length > 0;
  const need = needOf(references);
  return {
    nullable: true,
    description: `The ${relation}’s global id, the same as \`${relation} { id }\`.${need}`,
    extensions: { ...contextOnly, ...fromRows },
    ...(hasOwners ? { authScopes: target.authScopes } : {}),
    select: hasOwners ? { [relation]: { select: target.columns } } : { [column]: true as const },
    resolve: (row: object, _args: object, context: Context): string | null => {
      const id = hasOwners
        ? target.visible(Reflect.get(row, relation), context)?.id
        : Reflect.get(row, column);
      if (typeof id !== 'string') return null;
      if (references === 'User' && id !== context.viewer.userId) assertPermission(context, 'users:read');
      return optionalGlobalId(references, id);
    },
  } as const;
}

/** What reading such an id takes, for its description. */
function needOf(references: EntityName): string {
  if (references === 'User') return ' Needs `users:read`, unless it is you.';
  return ownersOf(references).length > 0 ? ` Needs \`${entityOf(references).resource}:read\`.` : '';
}

/** The relation's field in the model whose column it is. */
function relationOf({ model }: Pick<Entity, 'model'>, column: string): string {
  const relations: Readonly<Record<string, Relation>> = tables[model].relations;
  const [found] = Object.entries(relations).find(([, { from }]) => from === column) ?? [];
  if (found === undefined) throw new Error(`${model}.${column} has no relation.`);
  return found;
}
