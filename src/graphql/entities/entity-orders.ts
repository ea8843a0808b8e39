import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity, EntityRow, OrderableColumnOf } from '../../entities/entity.ts';
import { type ListOrders, listOrders, type OrderColumn } from '../list-order.ts';
import { entityColumn } from './entity-column.ts';
import { wordsFor } from './entity-words.ts';

/** The orders of an entity's list besides its times: a column and the description of each. */
export type EntityOrders<Name extends EntityName> = Readonly<
  Record<string, readonly [column: OrderableColumnOf<Name>, description: string]>
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
      Object.entries<readonly [string, string]>(orders).map(([field, [name, description]]) => [
        field,
        column(name, description),
      ]),
    ),
  });
}
