import { userInfo } from 'node:os';
import type { AuditActor, AuditChanges, AuditEntry } from '../auth/audit/audit-entry.ts';
import { recordManagerAudit } from '../auth/audit/manager-audit.ts';
import type { CentralDatabase } from '../db/identity-database.ts';
import { reasonOf } from './reason.ts';

/** Who works on tenants past the requests of the API. */
export type Operator =
  /** Whoever runs a script, by the name that they go by. */
  | { readonly kind: 'script'; readonly name: string }
  /** The manager whose job a server executes. */
  | { readonly kind: 'manager'; readonly id: string; readonly username: string; readonly jobId: string };

/** What work that may be recorded needs. */
export interface RecordingTools {
  readonly central: CentralDatabase;
  /** Whom the audit logs name; without one, the account that runs this process. */
  readonly operator?: Operator | undefined;
}

/** How far something has come that takes longer than one transaction. */
type Stage = 'begun' | 'stored' | 'done' | 'failed';

/** The operating system's account that runs this process; a container may run under a number that has no name. */
export function processAccount(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** Who works with these tools. */
export function operatorOf({ operator }: Pick<RecordingTools, 'operator'>): Operator {
  return operator ?? { kind: 'script', name: processAccount() };
}

/** The operator as an audit log names whoever has done something. */
export function auditActorOf(operator: Operator): AuditActor {
  switch (operator.kind) {
    case 'script':
      return { viewer: null, requestId: 'script', address: null };
    case 'manager':
      return {
        viewer: { userId: operator.id, username: operator.username, role: 'manager' },
        requestId: `job ${operator.jobId}`,
        address: null,
      };
  }
}

/** A script's operator is nobody that the logs have a column for: their name stands among the changes. */
export function operatorChanges(operator: Operator): AuditChanges {
  return operator.kind === 'script' ? { operator: { before: null, after: operator.name } } : {};
}

/**
 * Records in the central audit log what an operator has done: in the transaction that does it, where there is one.
 * @param tenantKey the tenant that it was about; null when it was about none.
 */
export async function recordOperation(
  { central, operator: named }: RecordingTools,
  entry: AuditEntry,
  tenantKey: string | null,
  stage?: Stage,
): Promise<void> {
  const operator = operatorOf({ operator: named });
  const changes: AuditChanges = {
    ...(stage === undefined ? {} : { stage: { before: null, after: stage } }),
    ...entry.changes,
    ...operatorChanges(operator),
  };
  await recordManagerAudit(central, auditActorOf(operator), { ...entry, changes }, tenantKey);
}

/**
 * Does work that no central transaction can hold, with a record before it and one of how it ended: a process that
 * dies in between leaves the first.
 */
export async function recordAround<T>(
  tools: RecordingTools,
  entry: AuditEntry,
  tenantKey: string,
  work: () => Promise<T>,
  describe: (result: T) => AuditChanges = () => ({}),
): Promise<T> {
  await recordOperation(tools, entry, tenantKey, 'begun');
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const changes = { ...entry.changes, error: { before: null, after: reasonOf(error) } };
    // What went wrong matters more than that it could not be recorded either.
    await recordOperation(tools, { ...entry, changes }, tenantKey, 'failed').catch(() => undefined);
    throw error;
  }
  await recordOperation(
    tools,
    { ...entry, changes: { ...entry.changes, ...describe(result) } },
    tenantKey,
    'done',
  );
  return result;
}
