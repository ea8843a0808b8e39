import { generatePassword } from '../../auth/password.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { signInRoles } from '../sign-in-roles.ts';
import { RotationError } from './rotation-error.ts';

/** Whose credentials change. */
export type RotationPurpose = 'application' | 'owner';

/** The steps of a rotation, in their order. Each can be run again after it was cut off anywhere. */
export const rotationSteps = ['begin', 'make-role', 'verify', 'store', 'drain', 'disable'] as const;

/** One step of a rotation. */
export type RotationStep = (typeof rotationSteps)[number];

/** A rotation that has begun. */
export interface Rotation {
  readonly id: string;
  /** Who signs in until then. */
  readonly from: string;
  /** Who signs in from then on. */
  readonly to: string;
  /** Where the new password is. */
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

/** Begins a rotation: the new password is kept before anything has it, so that no later step can lose it. */
export async function beginRotation(
  central: CentralClient,
  secrets: TenantSecrets,
  tenant: TenantRow,
  purpose: RotationPurpose,
): Promise<Rotation> {
  const { tenantKey } = tenant;
  const roles = signInRoles(tenant, purpose);
  const stored = purpose === 'application' ? tenant.dbPasswordEncrypted : tenant.dbOwnerPasswordEncrypted;
  if (!roles || stored === null) {
    throw new RotationError(`Tenant ${tenantKey} has no owner role yet: run migrate-all-tenants first.`);
  }
  const reference = await secrets.write({ tenantKey, purpose }, generatePassword(), stored);
  const { id } = await central.credentialRotation.create({
    data: {
      tenantId: tenant.id,
      purpose,
      fromRole: roles.current,
      toRole: roles.next,
      passwordEncrypted: reference,
      step: 'begin',
    },
  });
  return { id, from: roles.current, to: roles.next, reference, step: 'begin' };
}

/** Records that a step has finished; after the last one, the rotation has. */
export async function finishRotationStep(
  central: CentralClient,
  { id }: Rotation,
  step: RotationStep,
): Promise<void> {
  const finished = step === rotationSteps.at(-1);
  await central.credentialRotation.update({
    where: { id },
    data: { step, ...(finished ? { finishedAt: new Date(), passwordEncrypted: null } : {}) },
  });
}
