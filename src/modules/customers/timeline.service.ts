import { z } from 'zod';
import { mayReadChangesOf } from '../../audit/audit-visibility.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { visibleRowsInSql } from '../../entities/row-scope.ts';
import { Prisma } from '../../generated/tenant/client.ts';

/** What a timeline is made of, in the order of entries of the same moment. */
export const entryKinds = ['Activity', 'AuditRecord', 'DealMove'] as const;

export type EntryKind = (typeof entryKinds)[number];

/** The place of an entry in a timeline. */
export interface EntryKey {
  readonly at: Date;
  readonly kind: EntryKind;
  readonly id: string;
}

/** One side of an entry's place. */
export interface BeyondEntry extends EntryKey {
  readonly direction: 'asc' | 'desc';
}

/** A page of a timeline: the entries beyond others, the nearest first. */
export interface TimelinePage {
  readonly beyond: readonly BeyondEntry[];
  readonly direction: 'asc' | 'desc';
  readonly take: number;
}

const keysSchema = z.array(z.object({ kind: z.enum(entryKinds), id: z.string(), at: z.date() }));
const countSchema = z.tuple([z.object({ count: z.int() })]);

/** Entries of one kind, and the rows that have them. */
interface Source {
  readonly kind: EntryKind;
  /** The ids of rows that belong to the customer and exist for the viewer. */
  readonly owned: Prisma.Sql;
  /** The table of the entries, with the condition for those of one such row. */
  readonly from: Prisma.Sql;
  readonly at: Prisma.Sql;
}

/** Reads the places of a page's entries, in one statement that reads no more of each source than the page may need. */
export async function findEntries(
  db: TenantDatabase,
  viewer: Viewer,
  customerId: string,
  page: TimelinePage,
): Promise<EntryKey[]> {
  const statement = entriesStatement(viewer, customerId, page);
  return statement === null ? [] : keysSchema.parse(await db.$queryRaw(statement));
}

/** The statement of {@link findEntries}; null when nothing of a timeline may exist for the viewer. */
export function entriesStatement(
  viewer: Viewer,
  customerId: string,
  { beyond, direction, take }: TimelinePage,
): Prisma.Sql | null {
  const sources = sourcesFor(viewer, customerId);
  if (sources.length === 0) return null;
  const way = direction === 'asc' ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const branches = sources.map(({ kind, owned, from, at }) => {
    const bounded = Prisma.join([from, ...beyond.map((bound) => boundOf(kind, at, bound))], ' AND ');
    return Prisma.sql`(
      SELECT ${kind}::text COLLATE "C" AS "kind", "found"."id", "found"."at" FROM (${owned}) AS "owned"
      CROSS JOIN LATERAL (
        SELECT "entry"."id", ${at} AS "at" FROM ${bounded} ORDER BY ${at} ${way}, "entry"."id" ${way} LIMIT ${take}
      ) AS "found"
      ORDER BY "found"."at" ${way}, "found"."id" ${way} LIMIT ${take}
    )`;
  });
  return Prisma.sql`
    SELECT "kind", "id", "at" FROM (${Prisma.join(branches, ' UNION ALL ')}) AS "entries"
    ORDER BY "at" ${way}, "kind" ${way}, "id" ${way} LIMIT ${take}`;
}

/** Counts the entries of a whole timeline. */
export async function countEntries(db: TenantDatabase, viewer: Viewer, customerId: string): Promise<number> {
  const sources = sourcesFor(viewer, customerId);
  if (sources.length === 0) return 0;
  const counts = sources.map(
    ({ owned, from }) =>
      Prisma.sql`(SELECT count(*) FROM (${owned}) AS "owned" CROSS JOIN LATERAL (SELECT 1 FROM ${from}) AS "found")`,
  );
  const rows = await db.$queryRaw`SELECT (${Prisma.join(counts, ' + ')})::int AS "count"`;
  const [{ count }] = countSchema.parse(rows);
  return count;
}

/** The parts of a timeline that the viewer may read, each in the scope of its own permission. */
function sourcesFor(viewer: Viewer, customerId: string): Source[] {
  const id = Prisma.sql`${customerId}::uuid`;
  return [
    ...(hasPermission(viewer, 'activities:read') ? [activitiesOf(viewer, id)] : []),
    ...(hasPermission(viewer, 'deals:read') ? [movesOf(viewer, id)] : []),
    ...changesOf(viewer, 'Customer', Prisma.sql`"crm"."customers" AS "row" WHERE "row"."id" = ${id}`),
    ...changesOf(viewer, 'Contact', Prisma.sql`"crm"."contacts" AS "row" WHERE "row"."customer_id" = ${id}`),
    ...changesOf(viewer, 'Deal', Prisma.sql`"crm"."deals" AS "row" WHERE "row"."customer_id" = ${id}`),
  ];
}

function activitiesOf(viewer: Viewer, customerId: Prisma.Sql): Source {
  return {
    kind: 'Activity',
    owned: Prisma.sql`SELECT ${customerId} AS "id"`,
    from: Prisma.sql`"crm"."activities" AS "entry"
      WHERE "entry"."customer_id" = "owned"."id" AND "entry"."deleted_at" IS NULL
      AND ${visibleRowsInSql('Activity', viewer, 'read', 'entry')}`,
    at: Prisma.sql`COALESCE("entry"."done_at", "entry"."created_at")`,
  };
}

function movesOf(viewer: Viewer, customerId: Prisma.Sql): Source {
  return {
    kind: 'DealMove',
    owned: Prisma.sql`SELECT "row"."id" FROM "crm"."deals" AS "row"
      WHERE "row"."customer_id" = ${customerId} AND "row"."deleted_at" IS NULL
      AND ${visibleRowsInSql('Deal', viewer, 'read', 'row')}`,
    from: Prisma.sql`"crm"."deal_moves" AS "entry" WHERE "entry"."deal_id" = "owned"."id"`,
    at: Prisma.sql`"entry"."moved_at"`,
  };
}

/** The changes of rows, deleted ones too: their deletion is a part of what happened. */
function changesOf(viewer: Viewer, name: 'Customer' | 'Contact' | 'Deal', rows: Prisma.Sql): Source[] {
  if (!mayReadChangesOf(viewer, name)) return [];
  return [
    {
      kind: 'AuditRecord',
      owned: Prisma.sql`SELECT "row"."id" FROM ${rows} AND ${visibleRowsInSql(name, viewer, 'read', 'row')}`,
      from: Prisma.sql`"sys"."audit_log" AS "entry"
        WHERE "entry"."entity_type" = ${name} AND "entry"."entity_id" = "owned"."id"`,
      at: Prisma.sql`"entry"."created_at"`,
    },
  ];
}

/** The condition for the entries of a kind beyond a place, which an index on their moments and ids serves. */
function boundOf(kind: EntryKind, at: Prisma.Sql, bound: BeyondEntry): Prisma.Sql {
  const moment = Prisma.sql`${bound.at.toISOString()}::timestamptz`;
  const isAscending = bound.direction === 'asc';
  if (kind === bound.kind) {
    const operator = isAscending ? Prisma.sql`>` : Prisma.sql`<`;
    return Prisma.sql`(${at}, "entry"."id") ${operator} (${moment}, ${bound.id}::uuid)`;
  }
  // Of the same moment, the other kind's entries are all on one side.
  const isBeyond = isAscending ? kind > bound.kind : kind < bound.kind;
  if (isAscending) return isBeyond ? Prisma.sql`${at} >= ${moment}` : Prisma.sql`${at} > ${moment}`;
  return isBeyond ? Prisma.sql`${at} <= ${moment}` : Prisma.sql`${at} < ${moment}`;
}
