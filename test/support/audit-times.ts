import type { TestTenant } from './fleet.ts';

/** Lets `work` write audit records with times other than now, which only the database's owner can allow. */
export async function atOtherTimes({ runAsOwner }: TestTenant, work: () => Promise<unknown>): Promise<void> {
  await runAsOwner('ALTER TABLE sys.audit_log DISABLE TRIGGER audit_log_time');
  try {
    await work();
  } finally {
    await runAsOwner('ALTER TABLE sys.audit_log ENABLE TRIGGER audit_log_time');
  }
}
