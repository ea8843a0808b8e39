import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity, EntityRow, TextColumnOf } from '../../entities/entity.ts';
import {
  type ColumnParts,
  dateColumn,
  type ListOrders,
  listOrders,
  type OrderColumn,
  textColumn,
} from '../list-order.ts';
import { wordsFor } from './entity-words.ts';

/** The orders of an entity's list besides its times: a text column and the description of each. */
export type TextOrders<Name extends EntityName> = Readonly<
  Record<string, readonly [column: TextColumnOf<Name>, description: string]>
>;

type Column = OrderColumn<EntityRow, object, object>;

/** Declares the `orderBy` argument of an entity's list. A wrong column is a compile error. */
export function entityOrders<Name extends EntityName>(
  entity: Entity<Name>,
  orders: TextOrders<Name>,
): ListOrders<EntityRow, object, object> {
  const { one } = wordsFor(entity);
  const texts = Object.entries<readonly [string, string]>(orders).map(
    ([field, [column, description]]): [string, Column] => [
      field,
      textColumn(
        column,
        parts(column, description, (row) => String(Reflect.get(row, column))),
      ),
    ],
  );
  return listOrders<EntityRow, object, object>(entity.name, {
    CREATED_AT: dateColumn(
      'createdAt',
      parts('createdAt', `When the ${one} was created.`, ({ createdAt }) => createdAt),
    ),
    UPDATED_AT: dateColumn(
      'updatedAt',
      parts('updatedAt', `When the ${one} was last changed.`, ({ updatedAt }) => updatedAt),
    ),
    ...Object.fromEntries(texts),
  });
}

function parts<Value>(
  column: string,
  description: string,
  read: (row: EntityRow) => Value,
): ColumnParts<EntityRow, object, object, Value> {
  return {
    description,
    read,
    where: (bound) => ({ [column]: bound }),
    orderBy: (direction) => ({ [column]: direction }),
  };
}
