import type { OutputRef } from '@pothos/core';
import { type EntityName, ownersOf } from '../../catalogue/entities.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { Entity, EntityRow } from '../../entities/entity.ts';
import { entityFilter } from '../../entities/filter.ts';
import { findRow } from '../../entities/find-row.ts';
import { fromRows } from '../answer-sources.ts';
import { builder } from '../builder.ts';
import { parseId } from '../global-id.ts';
import { assertPermission } from '../permission-checks.ts';
import { selectionFor } from '../selection.ts';
import { resolveTenantList } from '../tenant-lists.ts';
import { argumentOf, conditionsOf, type ListFilters } from './entity-filters.ts';
import { type EntityOrders, entityOrders } from './entity-orders.ts';
import { wordsFor } from './entity-words.ts';

/** A GraphQL type whose objects are rows of an entity. */
export type EntityRef = OutputRef<{ readonly id: string }>;

/** The options of an entity's list. */
export interface EntityListOptions<Name extends EntityName> {
  /** The description of the `search` argument. */
  readonly search: string;
  readonly orders: EntityOrders<Name>;
  readonly filters?: ListFilters<Name>;
}

/** Adds the two queries of an entity, e.g. `asset(assetId:)` and `assets(first:, search:, …)`. */
export function entityQueries<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  options: EntityListOptions<Name>,
) {
  entityQuery(entity, type);
  return entityList(entity, type, options);
}

function entityQuery<Name extends EntityName>(entity: Entity<Name>, type: EntityRef): void {
  const { name, model, resource } = entity;
  const { one } = wordsFor(entity);
  const idArgument = `${model}Id`;
  builder.queryField(model, (t) =>
    t.field({
      type,
      nullable: true,
      extensions: fromRows,
      description: `One ${one}; null when there is none of that id. Needs \`${resource}:read\`.${reachNote(name)}`,
      args: { [idArgument]: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
      authScopes: { permission: `${resource}:read` },
      resolve: (_root, args, context, info) =>
        findRow(
          entity,
          context.db,
          context.viewer,
          parseId(name, String(args[idArgument]), [idArgument]),
          selectionFor(context, info),
        ),
    }),
  );
}

/**
 * Adds an entity's list: a connection with stable cursors, a count, search, filters, an order, and deleted rows for who
 * may delete.
 * @returns the types of a page, for other lists of the same rows.
 */
export function entityList<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  { search, orders: ownOrders, filters = {} }: EntityListOptions<Name>,
) {
  const { name, model, list, resource } = entity;
  const { one, many } = wordsFor(entity);
  const orders = entityOrders(entity, ownOrders);
  const edge = builder.edgeObject({ type, name: `${name}Edge`, description: `One ${one} in a page.` });
  const connection = builder.connectionObject(
    { type, name: `${name}Connection`, description: `One page of ${many}.` },
    edge,
  );
  builder.queryField(list, (t) =>
    t.connection(
      {
        type,
        extensions: fromRows,
        description: `The ${many}, newest first unless ordered otherwise. Needs \`${resource}:read\`.${reachNote(name)}`,
        args: {
          search: t.arg.string({ description: search }),
          ...Object.fromEntries(
            Object.entries(filters).map(([argument, filter]) => [
              argument,
              t.arg(argumentOf(entity, filter)),
            ]),
          ),
          deleted: t.arg.boolean({
            description: `Only deleted ${many}. Needs \`${resource}:delete\` too.`,
          }),
          orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
        },
        authScopes: { permission: `${resource}:read` },
        resolve: async (_root, args, context, info) => {
          if (args.deleted) assertPermission(context, `${resource}:delete`);
          const { viewer } = context;
          const facts = { viewer, now: () => readDatabaseClock(context.db) };
          const conditions = await conditionsOf(entity, filters, { ...args }, facts);
          return resolveTenantList<EntityRow, object, object>(args, context, info, {
            name: list,
            model,
            filter: entityFilter(entity, viewer, args, conditions),
            order: orders.choose(args.orderBy),
            delegate: entity.delegate(context.db),
          });
        },
      },
      connection,
      edge,
    ),
  );
  return { connection, edge };
}

function reachNote(name: EntityName): string {
  return ownersOf(name).length > 0 ? ' Rows beyond the scope of that permission do not exist for you.' : '';
}
