import { userInfo } from 'node:os';
import type { AuditActor, AuditChanges, ManagerAuditEntry } from '../audit/audit-entry.ts';
import { recordManagerAudit } from '../audit/manager-audit.ts';
import type { CentralDatabase } from '../db/identity-database.ts';
import { reasonOf } from '../errors/reason.ts';

/** Somebody who works on tenants outside of API requests. */
export type Operator =
  /** Whoever runs a script, by name. */
  | { readonly kind: 'script'; readonly name: string }
  /** The manager whose job a server executes. */
  | { readonly kind: 'manager'; readonly id: string; readonly username: string; readonly jobId: string };

/** The tools of work that can be recorded. */
export interface RecordingTools {
  readonly central: CentralDatabase;
  /** Named in the audit logs; defaults to the account that runs this process. */
  readonly operator?: Operator | undefined;
}

/** The progress of work that takes more than one transaction. */
type Stage = 'begun' | 'resumed' | 'stored' | 'done' | 'failed';

/** The operating system's account that runs this process; its number if it has no name, as in some containers. */
export function processAccount(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** The operator for whom these tools work. */
export function operatorOf({ operator }: Pick<RecordingTools, 'operator'>): Operator {
  return operator ?? { kind: 'script', name: processAccount() };
}

/** The operator as the actor of an audit record. */
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

/** The logs have no column for a script's operator, so their name is recorded among the changes. */
export function operatorChanges(operator: Operator): AuditChanges {
  return operator.kind === 'script' ? { operator: { before: null, after: operator.name } } : {};
}

/**
 * Records an operator's action in the central audit log; in the transaction that performs it, if there is one.
 * @param tenantKey the tenant concerned; null if there is none.
 */
export async function recordOperation(
  { central, operator: named }: RecordingTools,
  entry: ManagerAuditEntry,
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
 * Does work that no central transaction can span, and records its start and its outcome. A process that dies in
 * between leaves only the first record.
 * @param onUnrecorded receives the reason why the outcome of work that succeeded could not be recorded. Without it,
 * that is thrown, and the result is lost.
 */
export async function recordAround<T>(
  tools: RecordingTools,
  entry: ManagerAuditEntry,
  tenantKey: string,
  work: () => Promise<T>,
  describe: (result: T) => AuditChanges = () => ({}),
  onUnrecorded?: (reason: string) => void,
): Promise<T> {
  await recordOperation(tools, entry, tenantKey, 'begun');
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const changes = { ...entry.changes, error: { before: null, after: reasonOf(error) } };
    // The original error matters more than a failure to record it.
    await recordOperation(tools, { ...entry, changes }, tenantKey, 'failed').catch(() => undefined);
    throw error;
  }
  const changes = { ...entry.changes, ...describe(result) };
  await recordOperation(tools, { ...entry, changes }, tenantKey, 'done').catch((error: unknown) => {
    if (!onUnrecorded) throw error;
    onUnrecorded(reasonOf(error));
  });
  return result;
}
