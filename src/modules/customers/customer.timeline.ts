import { typeBrandKey } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import { visibleRecords } from '../../audit/audit-visibility.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { type Page, resolveKeyedConnection } from '../../graphql/connections.ts';
import type { Context } from '../../graphql/context.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { costs, statementCost } from '../../graphql/costs.ts';
import { type Direction, momentText, type OrderColumn } from '../../graphql/list-order.ts';
import { selectionOfMember } from '../../graphql/selection.ts';
import { CustomerType } from './customer.type.ts';
import {
  type BeyondEntry,
  countEntries,
  type EntryKey,
  type EntryKind,
  entryKinds,
  findEntries,
} from './timeline.service.ts';
import { TimelineEntryType } from './timeline.type.ts';

/** The moment of an entry, beside the columns of its row. */
const entryAt = Symbol('entryAt');

/** A row of one of the kinds, with its place. */
interface Entry extends EntryKey {
  readonly [entryAt]: Date;
  /** Says of which type of the union it is. */
  readonly [typeBrandKey]: EntryKind;
}

/** Conditions of a timeline are places alone: the rest is in its statement. */
interface Bounds {
  readonly beyond?: BeyondEntry;
}

const key = {
  pattern: new RegExp(`^(?:${entryKinds.join('|')})\\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
  read: ({ kind, id }: EntryKey) => `${kind}.${id}`,
  where: (): Bounds => ({}),
  orderBy: (direction: Direction) => direction,
};

const column: OrderColumn<Entry, Bounds, Direction> = {
  column: 'at',
  description: '',
  cursorValue: ({ at }) => momentText.write(at),
  orderBy: (direction) => direction,
  after({ value, key: place }, direction) {
    const at = momentText.parse(value);
    const [name, id] = place.split('.');
    const kind = entryKinds.find((each) => each === name);
    return at && kind && id !== undefined ? { OR: [{ beyond: { at, kind, id, direction } }] } : null;
  },
};

function placesOf({ within }: Page<Bounds, Direction, Bounds, Direction>): BeyondEntry[] {
  const condition = within({});
  if (!('AND' in condition)) return [];
  return condition.AND.flatMap((part) => ('OR' in part ? part.OR : [])).flatMap((part) =>
    'beyond' in part && part.beyond ? [part.beyond] : [],
  );
}

builder.prismaObjectField(CustomerType, 'timeline', (t) =>
  t.connection(
    {
      type: TimelineEntryType,
      nullable: true,
      nodeNullable: true,
      extensions: { ...fromRows, ...costs(4 * statementCost) },
      description:
        'What happened with the customer, newest first: its activities, the steps of its deals, and the changes of itself, its contacts and its deals. Each part is there for who may read it, and as far as the scope of that permission reaches: activities with `activities:read`, steps with `deals:read`, changes with `audit:read` and the permission to read what was changed.',
      select: { id: true },
      resolve: ({ id: customerId }, args, context, info) =>
        resolveKeyedConnection<Entry, Bounds, Direction, Bounds, Direction>(
          args,
          info,
          {
            name: `timeline:${customerId}:${context.tenant.tenantKey}`,
            order: { column, direction: 'desc' },
            // Of several customers, one after the other: a request takes one connection of the tenant.
            findMany: (page) =>
              context.enqueue(async () => {
                const [direction] = page.orderBy;
                const keys = await findEntries(context.db, context.viewer, customerId, {
                  beyond: placesOf(page),
                  direction,
                  take: page.take,
                });
                return loadEntries(context, info, keys);
              }),
            count: () => countEntries(context.db, context.viewer, customerId),
          },
          key,
        ),
    },
    { name: 'TimelineConnection', description: 'One page of a timeline.' },
    {
      name: 'TimelineEdge',
      description: 'One entry of a timeline.',
      fields: (edge) => ({
        at: edge.field({
          type: 'DateTime',
          description:
            'When it happened, which the timeline is ordered by: when an activity was done or, as long as it is not, when it was noted.',
          extensions: { ...contextOnly, ...fromRows },
          resolve: ({ node }) => momentOf(node),
        }),
      }),
    },
  ),
);

function momentOf(entry: object | null | undefined): Date {
  const at: unknown = entry && Reflect.get(entry, entryAt);
  if (!(at instanceof Date)) throw new Error('An entry of a timeline has no moment.');
  return at;
}

type Row = { readonly id: string };
type Load = (db: TenantDatabase, selection: object, ids: string[], context: Context) => Promise<Row[]>;

/** What exists for the viewer still does when it is loaded. */
const loaders: Readonly<Record<EntryKind, Load>> = {
  Activity: (db, selection, ids, { viewer }) =>
    db.activity.findMany({
      ...selection,
      where: { id: { in: ids }, deletedAt: null, AND: [visibleRows('Activity', viewer, 'read')] },
    }),
  AuditRecord: (db, selection, ids, { viewer }) =>
    db.auditRecord.findMany({ ...selection, where: { id: { in: ids }, AND: [visibleRecords(viewer)] } }),
  DealMove: (db, selection, ids, { viewer }) =>
    db.dealMove.findMany({
      ...selection,
      where: { id: { in: ids }, deal: { deletedAt: null, AND: [visibleRows('Deal', viewer, 'read')] } },
    }),
};

/** Loads the rows of entries, in one statement for each kind. */
async function loadEntries(
  context: Context,
  info: GraphQLResolveInfo,
  keys: readonly EntryKey[],
): Promise<Entry[]> {
  const rows = new Map<string, Row>();
  for (const kind of entryKinds) {
    const ids = keys.filter((each) => each.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    const selection = selectionOfMember(context, info, kind, ['edges', 'node']);
    for (const row of await loaders[kind](context.db, selection, ids, context)) {
      rows.set(row.id, row);
    }
  }
  return keys.flatMap((entry) => {
    const row = rows.get(entry.id);
    const { kind, at } = entry;
    return row ? [Object.assign(row, { kind, at, [entryAt]: at, [typeBrandKey]: kind })] : [];
  });
}
