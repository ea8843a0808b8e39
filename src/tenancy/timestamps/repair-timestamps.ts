import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../../config/datasource.ts';
import { unhurried, withConnection } from '../../db/with-connection.ts';
import { judge, offsetsOf, type Witnesses } from './evidence.ts';
import type { WrittenTable } from './written-columns.ts';

/** The findings on a database's timestamps, and what was done about them. */
export interface TimestampReport {
  readonly outcome: 'right' | 'wrong' | 'mended' | 'refused';
  /** The offset from UTC, in minutes, with which the texts were read, or the zone that was named. */
  readonly zone: number | string | null;
  /** Rows that are evidence of wrong timestamps. */
  readonly witnesses: number;
  /** Rows changed. */
  readonly rows: number;
  /** The reason why nothing was done. */
  readonly reason: string | null;
}

/** The options of a repair. */
export interface RepairOptions {
  /** Named in the audit log. */
  readonly operator: string;
  /** Mends, instead of only reporting. */
  readonly apply: boolean;
  /** The zone that the server, the database or the role had; needed if it has summer time, as its offsets differ. */
  readonly zone?: string | undefined;
}

/** Nothing is mended, and everything stays as it was. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * Tells whether a database holds timestamps that PostgreSQL read in a zone other than UTC, and mends them, all or
 * none. Right ones stay as they are, also when it is run again.
 * @param owner the role that owns the tables: nobody else can change the audit log.
 */
export async function repairTimestamps(
  owner: Datasource,
  tables: readonly WrittenTable[],
  options: RepairOptions,
): Promise<TimestampReport> {
  return withConnection({ ...owner, ...unhurried }, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      if (options.apply) {
        // Writers wait meanwhile; readers don't.
        await client.query(
          `LOCK TABLE ${tables.map(({ name }) => name).join(', ')} IN SHARE ROW EXCLUSIVE MODE`,
        );
      }
      const report = await repair(client, tables, options);
      await client.query('COMMIT');
      return report;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!(error instanceof Refusal)) throw error;
      return { outcome: 'refused', zone: options.zone ?? null, witnesses: 0, rows: 0, reason: error.message };
    }
  });
}

async function repair(
  client: pg.Client,
  tables: readonly WrittenTable[],
  { operator, apply, zone: named }: RepairOptions,
): Promise<TimestampReport> {
  const zone = named ?? (await findOffset(client, tables));
  if (zone === null) return { outcome: 'right', zone, witnesses: 0, rows: 0, reason: null };
  const mended = await mendingIn(client, zone);
  const verdict = judge(await hear(client, tables, mended));
  switch (verdict.kind) {
    case 'right':
      return { outcome: 'right', zone, witnesses: 0, rows: 0, reason: null };
    case 'inconsistent':
      throw new Refusal(`${verdict.reason}.`);
    case 'wrong': {
      const witnesses = verdict.rows;
      if (!apply) return { outcome: 'wrong', zone, witnesses, rows: 0, reason: null };
      let rows = 0;
      for (const table of tables) rows += await mend(client, table, mended, verdict.until);
      await record(client, tables, { operator, zone, rows });
      return { outcome: 'mended', zone, witnesses, rows, reason: null };
    }
  }
}

async function findOffset(client: pg.Client, tables: readonly WrittenTable[]): Promise<number | null> {
  const offsets = offsetsOf(await hear(client, tables, null));
  if (offsets.length > 1) {
    throw new Refusal(
      `the offset from UTC was ${offsets.join(' and ')} minutes: name the zone, if it is one that has summers.`,
    );
  }
  return offsets[0] ?? null;
}

/** Turns the SQL expression of a wrong moment into that of the right one. */
type Mending = (moment: string) => string;

async function mendingIn(client: pg.Client, zone: number | string): Promise<Mending> {
  if (typeof zone === 'number') {
    return (moment) => `((${moment} AT TIME ZONE make_interval(mins => ${zone})) AT TIME ZONE 'UTC')`;
  }
  const { rows } = await client.query('SELECT FROM pg_timezone_names WHERE name = $1', [zone]);
  if (rows.length === 0) throw new Refusal(`PostgreSQL knows no zone ${zone}.`);
  const literal = pg.escapeLiteral(zone);
  return (moment) => `((${moment} AT TIME ZONE ${literal}) AT TIME ZONE 'UTC')`;
}

/** The timestamp in a version 7 UUID, in SQL. */
const idMoment = `to_timestamp((('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint) / 1000.0)`;
const hasIdMoment = `substr(id::text, 15, 1) = '7'`;

const witnessRows = z.array(
  z.object({
    offMinutes: z.number(),
    mendedMinutes: z.number().nullable(),
    rows: z.number(),
    first: z.number(),
    last: z.number(),
  }),
);

async function hear(
  client: pg.Client,
  tables: readonly WrittenTable[],
  mended: Mending | null,
): Promise<Witnesses[]> {
  const minutesOff = (moment: string) => `round(extract(epoch FROM ${moment} - ${idMoment}) / 60)::float8`;
  const witnesses: Witnesses[] = [];
  for (const { name, created } of tables) {
    if (!created) continue;
    const { rows } = await client.query(
      `SELECT ${minutesOff('created_at')} AS "offMinutes",
              ${mended === null ? 'NULL::float8' : minutesOff(mended('created_at'))} AS "mendedMinutes",
              count(*)::float8 AS rows,
              min(extract(epoch FROM ${idMoment}) * 1000)::float8 AS first,
              max(extract(epoch FROM ${idMoment}) * 1000)::float8 AS last
       FROM ${name} WHERE ${hasIdMoment} GROUP BY 1, 2`,
    );
    witnesses.push(...witnessRows.parse(rows));
  }
  return witnesses;
}

const ambiguousRows = z.tuple([z.object({ rows: z.number() })]);

/** @param until rows written from then on are right; null when none are known to be. */
async function mend(
  client: pg.Client,
  table: WrittenTable,
  mended: Mending,
  until: number | null,
): Promise<number> {
  const { name, created, changes, expiry, updatedBySql } = table;
  const bound = until === null ? `'infinity'::timestamptz` : `to_timestamp(${until} / 1000.0)`;
  const isEarlier = (column: string) => `${mended(column)} < ${bound}`;
  const createdEarlier = `CASE WHEN ${hasIdMoment} THEN ${idMoment} < ${bound} ELSE ${isEarlier('created_at')} END`;
  /** The SQL conditions under which each column is wrong. */
  const wrong = new Map<string, string>();
  if (created) wrong.set('created_at', createdEarlier);
  for (const column of changes) {
    const judged = `CASE WHEN ${column} = created_at THEN ${createdEarlier} ELSE ${isEarlier(column)} END`;
    const bySql = column === 'updated_at' ? updatedBySql : undefined;
    wrong.set(column, bySql === undefined ? judged : `(${judged}) AND NOT ${bySql}`);
    await refuseAmbiguous(
      client,
      name,
      column,
      `${isEarlier(column)} AND ${column} >= ${bound} AND NOT coalesce(${bySql ?? 'false'}, false) AND ${column} <> created_at`,
    );
  }
  if (expiry) {
    const written = created
      ? `coalesce(${expiry.writtenAt} < ${bound}, ${createdEarlier})`
      : `${expiry.writtenAt} < ${bound}`;
    wrong.set(expiry.column, written);
  }
  const assignments = [...wrong].map(
    ([column, condition]) => `${column} = CASE WHEN ${condition} THEN ${mended(column)} ELSE ${column} END`,
  );
  const appendOnly = isAuditLog(table);
  if (appendOnly) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER audit_log_append_only`);
  const { rowCount } = await client.query(
    `UPDATE ${name} SET ${assignments.join(', ')}
     WHERE ${[...wrong].map(([column, condition]) => `(${column} IS NOT NULL AND (${condition}))`).join(' OR ')}`,
  );
  if (appendOnly) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER audit_log_append_only`);
  return rowCount ?? 0;
}

/** West of Greenwich, a moment may be right, or a wrong one that was written hours earlier. */
async function refuseAmbiguous(
  client: pg.Client,
  name: string,
  column: string,
  condition: string,
): Promise<void> {
  const { rows } = await client.query(`SELECT count(*)::float8 AS rows FROM ${name} WHERE ${condition}`);
  const [found] = ambiguousRows.parse(rows);
  if (found.rows > 0) {
    throw new Refusal(
      `${found.rows} moments in ${name}.${column} may be right or wrong: the new version was at work before they were mended.`,
    );
  }
}

/** Records the repair in its transaction, so that the log says why its timestamps differ from those of a copy. */
async function record(
  client: pg.Client,
  tables: readonly WrittenTable[],
  {
    operator,
    zone,
    rows,
  }: { readonly operator: string; readonly zone: number | string; readonly rows: number },
): Promise<void> {
  const log = tables.find(isAuditLog);
  if (!log) return;
  const changes = {
    zone: { before: zone, after: 'UTC' },
    rows: { before: null, after: rows },
    operator: { before: null, after: operator },
  };
  await client.query(
    `INSERT INTO ${log.name} (id, action, entity_type, changes) VALUES ($1, 'timestamps.repair', 'Tenant', $2)`,
    [randomUUID(), JSON.stringify(changes)],
  );
}

function isAuditLog({ name }: WrittenTable): boolean {
  return name.endsWith('.audit_log');
}
