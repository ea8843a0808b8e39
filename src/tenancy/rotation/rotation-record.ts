import { changesBetween } from '../../audit/audit-entry.ts';
import { generatePassword } from '../../auth/password.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { type RecordingTools, recordOperation } from '../operator.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { signInRoles } from '../sign-in-roles.ts';
import { TenantChangeError } from '../tenant-change-error.ts';

/** The role whose credentials change. */
export type RotationPurpose = 'application' | 'owner';

/** The steps of a rotation, in their order. Each can be run again after it was cut off anywhere. */
export const rotationSteps = ['begin', 'make-role', 'verify', 'store', 'drain', 'disable'] as const;

/** One step of a rotation. */
export type RotationStep = (typeof rotationSteps)[number];

/** A rotation that has begun. */
export interface Rotation {
  readonly id: string;
  /** The role that signs in until then. */
  readonly from: string;
  /** The role that signs in from then on. */
  readonly to: string;
  /** The reference to the new password. */
  readonly reference: string;
  /** The last step that has finished. */
  readonly step: RotationStep;
}

/** The rotation of that tenant that has begun and not finished; null when there is none. */
export async function findUnfinishedRotation(
  central: CentralClient,
  tenantId: number,
  purpose: RotationPurpose,
): Promise<Rotation | null> {
  const row = await central.credentialRotation.findFirst({ where: { tenantId, purpose, finishedAt: null } });
  const step = rotationSteps.find((name) => name === row?.step);
  if (!row || row.passwordEncrypted === null || step === undefined) return null;
  return { id: row.id, from: row.fromRole, to: row.toRole, reference: row.passwordEncrypted, step };
}

/** The dependencies of recording a rotation. */
export interface RotationRecordTools extends RecordingTools {
  readonly central: CentralClient;
}

/** Begins a rotation: the new password is kept before anything has it, so that no later step can lose it. */
export async function beginRotation(
  tools: RotationRecordTools,
  secrets: TenantSecrets,
  tenant: TenantRow,
  purpose: RotationPurpose,
): Promise<Rotation> {
  const { tenantKey } = tenant;
  const roles = signInRoles(tenant, purpose);
  const stored = purpose === 'application' ? tenant.dbPasswordEncrypted : tenant.dbOwnerPasswordEncrypted;
  if (!roles || stored === null) {
    throw new TenantChangeError(`Tenant ${tenantKey} has no owner role yet: run migrate-all-tenants first.`);
  }
  const reference = await secrets.write({ tenantKey, purpose }, generatePassword(), stored);
  return tools.central.$transaction(async (transaction) => {
    const { id } = await transaction.credentialRotation.create({
      data: {
        tenantId: tenant.id,
        purpose,
        fromRole: roles.current,
        toRole: roles.next,
        passwordEncrypted: reference,
        step: 'begin',
      },
    });
    const rotation = { id, from: roles.current, to: roles.next, reference, step: 'begin' } as const;
    await recordRotation({ ...tools, central: transaction }, tenantKey, purpose, rotation, 'begun');
    return rotation;
  });
}

/** Records that a step has finished; after the last one, the rotation has. */
export async function finishRotationStep(
  tools: RotationRecordTools,
  tenantKey: string,
  purpose: RotationPurpose,
  rotation: Rotation,
  step: RotationStep,
): Promise<void> {
  const finished = step === rotationSteps.at(-1);
  await tools.central.$transaction(async (transaction) => {
    await transaction.credentialRotation.update({
      where: { id: rotation.id },
      data: { step, ...(finished ? { finishedAt: new Date(), passwordEncrypted: null } : {}) },
    });
    if (finished) {
      await recordRotation({ ...tools, central: transaction }, tenantKey, purpose, rotation, 'done');
    }
  });
}

/**
 * Records a rotation's progress in the central audit log: begun or gone on with, its new role in the tenant's row, and
 * how the run ended.
 * @param error the reason of a failure.
 */
export async function recordRotation(
  tools: RecordingTools,
  tenantKey: string,
  purpose: RotationPurpose,
  { id, from, to }: Pick<Rotation, 'id' | 'from' | 'to'>,
  stage: 'begun' | 'resumed' | 'stored' | 'done' | 'failed',
  error: string | null = null,
): Promise<void> {
  const changes = {
    ...changesBetween({ role: from }, { role: to }),
    ...changesBetween(null, { purpose, rotationId: id, error }),
  };
  await recordOperation(
    tools,
    { action: 'tenant.rotate_credentials', entityType: 'Tenant', entityId: tenantKey, changes },
    tenantKey,
    stage,
  );
}
