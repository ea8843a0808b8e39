import { randomUUID } from 'node:crypto';
import type { TestFleet, TestTenant } from '../support/fleet.ts';
import { createManager } from '../support/managers.ts';

/** The rows that managers' requests ask for. None of them has empty fields. */
export interface PlatformRows {
  /** An active tenant that has the setting. */
  readonly tenantKey: string;
  readonly configKey: string;
  readonly manager: string;
  readonly job: string;
  /** A record of the managers' audit log that is about the tenant. */
  readonly managerAuditRecord: string;
  /** Registers another tenant, without a database, to be changed by one request. */
  spareTenant(): Promise<string>;
  /** Suspends a tenant with a database, because only such a tenant can be resumed. */
  suspendedTenant(): Promise<string>;
  /** Creates another manager, to be changed by one request. */
  spareManager(): Promise<string>;
  /** Creates a failed job, to be resumed or cleaned up; its tenant no longer exists. */
  spareJob(): Promise<string>;
  /** Removes the tenants without a database. */
  removeSpareTenants(): Promise<void>;
}

/** Creates rows in the central database. */
export async function createPlatformRows(fleet: TestFleet, { tenantKey }: TestTenant): Promise<PlatformRows> {
  const { central } = fleet.tools;
  const configKey = 'branding.colour';
  const { id: manager, username } = await createManager(central);
  const { id: _id, ...tenant } = await central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  await central.tenantConfig.create({
    data: { tenant: { connect: { tenantKey } }, configKey, configValue: 'red', isPublic: true },
  });
  const addJob = async () => {
    const { id } = await central.provisioningJob.create({
      data: {
        tenantKey: `gone_${randomUUID().slice(0, 8)}`,
        status: 'failed',
        step: 'create-database',
        error: 'It failed.',
        finishedAt: new Date(),
        request: {},
        managerId: manager,
        cleanUpRequestedBy: manager,
      },
    });
    return id;
  };
  const managerAuditRecord = randomUUID();
  await central.auditRecord.create({
    data: {
      id: managerAuditRecord,
      action: 'tenant.update',
      entityType: 'Tenant',
      entityId: tenantKey,
      tenantKey,
      managerId: manager,
      managerUsername: username,
      changes: { companyName: { before: 'Before', after: 'After' } },
    },
  });
  const spares: string[] = [];
  const resumable = await fleet.provision('resumed1');

  return {
    tenantKey,
    configKey,
    manager,
    job: await addJob(),
    managerAuditRecord,
    async spareTenant() {
      const spare = `spare_${randomUUID().slice(0, 8)}`;
      await central.tenant.create({ data: { ...tenant, tenantKey: spare, dbName: spare } });
      spares.push(spare);
      return spare;
    },
    async suspendedTenant() {
      const { tenantKey: suspended } = resumable;
      await central.tenant.update({
        where: { tenantKey: suspended },
        data: { status: 'suspended', isActive: false },
      });
      return suspended;
    },
    spareManager: async () => (await createManager(central)).id,
    spareJob: addJob,
    async removeSpareTenants() {
      await central.tenant.deleteMany({ where: { tenantKey: { in: spares } } });
    },
  };
}
