import type { TestTenant } from './fleet.ts';

/** Allows `work` to write audit records with times other than now, as only the database's owner can. */
export async function atOtherTimes({ runAsOwner }: TestTenant, work: () => Promise<unknown>): Promise<void> {
  await runAsOwner('ALTER TABLE sys.audit_log DISABLE TRIGGER audit_log_time');
  try {
    await work();
  } finally {
    await runAsOwner('ALTER TABLE sys.audit_log ENABLE TRIGGER audit_log_time');
  }
}
