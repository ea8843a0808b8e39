import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity, EntityRow, OrderableColumnOf } from '../../entities/entity.ts';
import { type ListOrders, listOrders, type OrderColumn } from '../list-order.ts';
import { entityColumn } from './entity-column.ts';
import { wordsFor } from './entity-words.ts';

/**
 * The orders of an entity's list besides its times: the column of each, with a description unless the column is a field
 * of the entity's inputs.
 */
export type EntityOrders<Name extends EntityName> = Readonly<
  Record<string, OrderableColumnOf<Name> | readonly [column: OrderableColumnOf<Name>, description: string]>
>;

/** Declares the `orderBy` argument of an entity's list. A wrong column is a compile error. */
export function entityOrders<Name extends EntityName>(
  entity: Entity<Name>,
  orders: EntityOrders<Name>,
): ListOrders<EntityRow, object, object> {
  const { one } = wordsFor(entity);
  const column = (name: string, description: string): OrderColumn<EntityRow, object, object> =>
    entityColumn(entity, name, description);
  return listOrders<EntityRow, object, object>(entity.name, {
    CREATED_AT: column('createdAt', `When the ${one} was created.`),
    UPDATED_AT: column('updatedAt', `When the ${one} was last changed.`),
    ...Object.fromEntries(
      Object.entries<string | readonly [string, string]>(orders).map(([field, order]) => {
        const [name, description] = typeof order === 'string' ? [order, meaningOf(entity, order)] : order;
        return [field, column(name, description)];
      }),
    ),
  });
}

function meaningOf({ name, columns }: Pick<Entity, 'name' | 'columns'>, column: string): string {
  const [, field] = columns.find(([each]) => each === column) ?? [];
  if (!field) throw new Error(`${name}.${column} is no field of the inputs: describe the order by it.`);
  return field.meaning;
}
