import { changesBetween } from '../../audit/audit-entry.ts';
import { recordManagerAudit } from '../../audit/manager-audit.ts';
import { isPublishedPassword } from '../../auth/published-passwords.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import { withExclusiveLock } from '../../db/advisory-lock.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { reportTaken } from '../../db/unique-values.ts';
import {
  ConflictError,
  type FieldMessage,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { Prisma, ProvisioningJob, Tenant as TenantRow } from '../../generated/central/client.ts';
import { provisioningLock } from '../provisioning/provisioning-lock.ts';
import { provisioningRequestSchema } from '../provisioning/provisioning-request.ts';
import type { ProvisioningTools } from '../provisioning/provisioning-tools.ts';
import { registerTenant } from '../provisioning/registration.ts';
import { inState, notFailed } from './job-state.ts';

/** A tenant that is being provisioned. */
export interface RequestedTenant {
  readonly job: ProvisioningJob;
  /** The first administrator's one-time password; null when the request brought one. */
  readonly administratorPassword: string | null;
}

/** The input for a new tenant. The platform decides where its database goes. */
const requestSchema = provisioningRequestSchema.pick({
  tenantKey: true,
  companyName: true,
  plan: true,
  maxUsers: true,
  adminUsername: true,
  adminEmail: true,
  adminPassword: true,
});

const keyPath = ['tenantKey'];

/**
 * Registers a tenant and the job of making it, in one transaction: whatever happens to this process, some process
 * will make the tenant, with the password that the answer tells.
 * @throws {ValidationFailedError} naming every field that is wrong.
 * @throws {ConflictError} when the key is taken, also by a tenant that is not finished.
 */
export async function requestTenant(
  tools: ProvisioningTools,
  actor: Actor,
  input: object,
): Promise<RequestedTenant> {
  const { adminPassword, ...request } = parseInput(requestSchema, input, []);
  if (tools.production && adminPassword !== undefined && isPublishedPassword(adminPassword)) {
    throw new ValidationFailedError([{ path: ['adminPassword'], message: message('password.common') }]);
  }
  const { tenantKey } = request;
  // The lock of provisioning itself, so that neither a script nor another manager registers the key meanwhile.
  const done = await reportTaken(
    () => ({ path: keyPath, message: message('taken.tenantDatabase', { tenantKey }) }),
    () =>
      withExclusiveLock(tools.centralDatabaseUrl, provisioningLock(tenantKey), async () => {
        await assertKeyIsFree(tools.central, tenantKey);
        return registerTenant(
          tools,
          { ...request, adminPassword, createdBy: actor.viewer.username },
          (transaction, tenant) => recordJob(transaction, actor, tenant, request),
        );
      }),
  );
  if (!done) throw takenKey(message('tenant.beingProvisioned', { tenantKey }));
  const { recorded: job, generatedPassword } = done.result;
  return { job, administratorPassword: generatedPassword };
}

async function recordJob(
  transaction: CentralDatabase,
  actor: Actor,
  { tenantKey, companyName, plan, maxUsers }: TenantRow,
  request: Prisma.InputJsonObject,
): Promise<ProvisioningJob> {
  await holdManagerSession(transaction, actor);
  const job = await transaction.provisioningJob.create({
    data: { tenantKey, managerId: actor.viewer.userId, request },
  });
  await recordManagerAudit(
    transaction,
    actor,
    {
      action: 'tenant.provision',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(null, { companyName, plan, maxUsers, jobId: job.id }),
    },
    tenantKey,
  );
  return job;
}

async function assertKeyIsFree(central: CentralDatabase, tenantKey: string): Promise<void> {
  const unfinished = await central.provisioningJob.findFirst({
    where: { tenantKey, finishedAt: null },
    select: { id: true },
  });
  if (unfinished) throw takenKey(message('tenant.beingProvisioned', { tenantKey }));
  const recorded = await central.tenant.findUnique({ where: { tenantKey }, select: { id: true } });
  if (recorded) throw takenKey(message('taken.tenantKey', { tenantKey }));
}

function takenKey(said: FieldMessage): ConflictError {
  return new ConflictError({ reason: 'TAKEN', fields: [{ path: keyPath, message: said }] });
}

/**
 * Queues a failed job again.
 * @throws {NotFoundError} when there is no such job.
 * @throws {ConflictError} when it has not failed, or another job is making the tenant.
 */
export async function resumeJob(
  central: CentralClient,
  actor: Actor,
  jobId: string,
): Promise<ProvisioningJob> {
  const found = await central.provisioningJob.findUnique({ where: { id: jobId } });
  if (!found) throw new NotFoundError('ProvisioningJob');
  const { tenantKey } = found;
  try {
    return await central.$transaction(async (transaction) => {
      await holdManagerSession(transaction, actor);
      const { count } = await transaction.provisioningJob.updateMany({
        where: { ...inState('failed'), id: jobId },
        data: { status: 'queued', step: null, error: null, finishedAt: null },
      });
      const job = await transaction.provisioningJob.findUniqueOrThrow({ where: { id: jobId } });
      if (count === 0) throw notFailed(job);
      await recordManagerAudit(
        transaction,
        actor,
        {
          action: 'tenant.resume_provisioning',
          entityType: 'ProvisioningJob',
          entityId: jobId,
          changes: changesBetween({ error: found.error }, { error: null }),
        },
        tenantKey,
      );
      return job;
    });
  } catch (error) {
    if (constraintViolation(error)?.kind !== 'unique') throw error;
    // One tenant has one unfinished job at a time, and this one has waited too long to be it.
    throw new ConflictError(
      {
        reason: 'WRONG_STATE',
        status: 'provisioning',
        message: message('tenant.beingProvisioned', { tenantKey }),
      },
      { cause: error },
    );
  }
}
