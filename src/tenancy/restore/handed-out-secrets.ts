import type pg from 'pg';
import { z } from 'zod';
import type { TenantAuditEntry } from '../../audit/audit-entry.ts';
import { auditActorOf, type Operator, operatorChanges } from '../operator.ts';
import { RestoreError } from './restore-error.ts';

/** Numbers of secrets that no longer open anything. */
export interface EndedSecrets {
  /** Sessions that went on. */
  readonly sessions: number;
  /** One-time passwords that had not been used. */
  readonly oneTimePasswords: number;
}

const countSchema = z.tuple([z.object({ count: z.coerce.number() })]);

/**
 * Ends whatever has been handed out to a tenant's people and would open their accounts in a copy of their database:
 * sessions with their refresh tokens, known devices, and one-time passwords. Passwords that people have chosen stay.
 * @param client a transaction of the database's owner.
 */
export async function endHandedOutSecrets(client: pg.Client): Promise<EndedSecrets> {
  const count = async (statement: string) =>
    countSchema.parse(
      (await client.query(`WITH done AS (${statement}) SELECT count(live) FROM done`)).rows,
    )[0].count;
  // A policy in the dump would hide rows: it makes these statements fail instead.
  await client.query('SET LOCAL row_security TO off');
  // As every other change of people (see identity-lock.ts).
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('cxg.identity', 0))`);
  // With their refresh tokens.
  const sessions = await count(
    'DELETE FROM sys.sessions RETURNING CASE WHEN revoked_at IS NULL AND expires_at > now() THEN true END AS live',
  );
  await client.query(
    `DELETE FROM sys.sign_in_sources WHERE starts_with(source, 'device ') OR starts_with(source, 'session ');
     UPDATE sys.users SET device_generation = device_generation + 1, sign_ins_under_way = '{}'`,
  );
  const oneTimePasswords = await count(
    'UPDATE sys.users SET password_expires_at = now() WHERE must_change_password AND password_expires_at > now() RETURNING true AS live',
  );
  await assertNoneLeft(client);
  return { sessions, oneTimePasswords };
}

const leftSchema = z.tuple([z.object({ left: z.boolean() })]);

/** @throws {RestoreError} when something in the dump, such as a trigger, has kept secrets from being ended. */
async function assertNoneLeft(client: pg.Client): Promise<void> {
  // The column rounds to milliseconds, so that the moment of before may be one after it.
  const { rows } = await client.query(
    `SELECT EXISTS (SELECT FROM sys.sessions)
         OR EXISTS (SELECT FROM sys.users
                    WHERE must_change_password AND password_expires_at > now() + interval '1 second') AS "left"`,
  );
  if (!leftSchema.parse(rows)[0].left) return;
  throw new RestoreError(
    'Sessions or one-time passwords could not be ended: a trigger or a rule of the dump keeps them. Remove it, and run this again.',
  );
}

/** Adds a record to the tenant's own audit log, in a transaction of the database's owner. */
export async function recordInTenant(
  client: pg.Client,
  operator: Operator,
  { action, entityType, changes = {} }: Omit<TenantAuditEntry, 'entityId'>,
): Promise<void> {
  const { viewer, requestId } = auditActorOf(operator);
  await client.query(
    `INSERT INTO sys.audit_log (id, action, entity_type, manager_id, manager_username, changes, request_id)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6)`,
    [
      action,
      entityType,
      viewer?.userId ?? null,
      viewer?.username ?? null,
      JSON.stringify({ ...changes, ...operatorChanges(operator) }),
      requestId,
    ],
  );
}
