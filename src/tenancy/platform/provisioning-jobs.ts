import { z } from 'zod';
import { changesBetween } from '../../auth/audit/audit-entry.ts';
import { recordManagerAudit } from '../../auth/audit/manager-audit.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { ConflictError, message, NotFoundError, parseInput } from '../../errors/index.ts';
import type { ProvisioningJob } from '../../generated/central/client.ts';
import { type ProvisioningTools, provisioningLock } from '../provisioning/provision-tenant.ts';
import { provisioningRequestSchema } from '../provisioning/provisioning-request.ts';
import { readFirstAdministrator, writeRegistration } from '../provisioning/registration.ts';

/** A tenant that is on its way. */
export interface RequestedTenant {
  readonly job: ProvisioningJob;
  /** The first administrator's one-time password; null when the request brought one. */
  readonly administratorPassword: string | null;
}

/** What a manager says of a new tenant. Where its database goes is the platform's to decide. */
const requestSchema = provisioningRequestSchema.pick({
  tenantKey: true,
  companyName: true,
  plan: true,
  maxUsers: true,
  adminUsername: true,
  adminEmail: true,
  adminPassword: true,
});

/**
 * Registers a tenant and the job of making it, in one transaction: whatever happens to this process, some process
 * will make the tenant, with the password that the answer tells.
 * @throws {ValidationFailedError} naming every field that is wrong.
 * @throws {ConflictError} when the key is taken, also by a tenant that is not finished.
 */
export async function requestTenant(
  { central, secrets, tenantAdminDatasource }: ProvisioningTools,
  actor: Actor,
  input: object,
): Promise<RequestedTenant> {
  const { adminPassword, ...request } = parseInput(requestSchema, input, ['input']);
  const { tenantKey } = request;
  try {
    return await central.$transaction(async (transaction) => {
      await assertKeyIsFree(transaction, tenantKey);
      const tenant = await writeRegistration(
        transaction,
        secrets,
        { ...request, adminPassword, createdBy: actor.viewer.username },
        tenantAdminDatasource,
      );
      await holdManagerSession(transaction, actor);
      const job = await transaction.provisioningJob.create({
        data: { tenantKey, managerId: actor.viewer.userId, request },
      });
      const { companyName, plan, maxUsers } = tenant;
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
      const administrator = await readFirstAdministrator(transaction, secrets, tenant);
      return {
        job,
        administratorPassword: administrator?.passwordIsGenerated ? administrator.password : null,
      };
    });
  } catch (error) {
    if (constraintViolation(error)?.kind !== 'unique') throw error;
    throw new ConflictError(message('tenant.databaseTaken', { tenantKey }), {}, { cause: error });
  }
}

const lockedSchema = z.tuple([z.object({ locked: z.boolean() })]);

async function assertKeyIsFree(transaction: CentralDatabase, tenantKey: string): Promise<void> {
  // The lock of whoever provisions, so that neither a script nor another manager registers the key meanwhile.
  const [{ locked }] = lockedSchema.parse(
    await transaction.$queryRaw`
      SELECT pg_try_advisory_xact_lock(hashtextextended(${provisioningLock(tenantKey)}, 0)) AS locked`,
  );
  const unfinished = await transaction.provisioningJob.findFirst({
    where: { tenantKey, finishedAt: null },
    select: { id: true },
  });
  if (!locked || unfinished) throw new ConflictError(message('tenant.beingProvisioned', { tenantKey }));
  const recorded = await transaction.tenant.findUnique({ where: { tenantKey }, select: { status: true } });
  if (recorded) throw new ConflictError(message('tenant.exists', { tenantKey }), { status: recorded.status });
}

/**
 * Makes a failed job unfinished again.
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
        where: { id: jobId, status: 'failed' },
        data: { status: 'queued', step: null, error: null, finishedAt: null },
      });
      const job = await transaction.provisioningJob.findUniqueOrThrow({ where: { id: jobId } });
      if (count === 0) throw new ConflictError(message('tenant.jobNotFailed', { status: job.status }));
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
    throw new ConflictError(message('tenant.beingProvisioned', { tenantKey }), {}, { cause: error });
  }
}
