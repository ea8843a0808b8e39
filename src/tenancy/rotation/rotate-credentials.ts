import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type Datasource, datasourceUrl, serverOf } from '../../config/datasource.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { isPooled } from '../../db/kept-session.ts';
import {
  endSessions,
  endUnusedSessions,
  forbidSignIn,
  type RoleSignIns,
  readSignIns,
} from '../../db/role-sign-ins.ts';
import { administer } from '../../db/roles-and-databases.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { Operator } from '../operator.ts';
import type { LimitsOf } from '../plan-limits.ts';
import { claimRoles } from '../role-claims.ts';
import { applyRoleSettings } from '../role-settings.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { checkServing } from '../serving-check.ts';
import { signInRoles } from '../sign-in-roles.ts';
import { directAddress, servingAddress } from '../tenant-address.ts';
import { administrationOf, ownerMark } from '../tenant-administration.ts';
import { rolesAreProvided, TenantChangeError } from '../tenant-change-error.ts';
import { withCredentialsLock } from './credentials-lock.ts';
import {
  beginRotation,
  findUnfinishedRotation,
  finishRotationStep,
  type Rotation,
  type RotationPurpose,
  type RotationStep,
  recordRotation,
  rotationSteps,
} from './rotation-record.ts';

/** The tools of rotations and moves. */
export interface RotationTools {
  readonly central: CentralClient;
  readonly centralDatabaseUrl: string;
  /** A connection whose user may change the tenants' roles. */
  readonly tenantAdminDatasource: Datasource;
  readonly secrets: TenantSecrets;
  /** The limits of each plan, as servers apply them. */
  readonly limitsOf: LimitsOf;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
  /** Named in the audit log; defaults to the account that runs this process. */
  readonly operator?: Operator | undefined;
}

/** Settings of a rotation. */
export interface RotationOptions {
  readonly purpose: RotationPurpose;
  /**
   * Seconds for which a process that was not told may go on as before. The old credentials stay good at least for
   * as long.
   */
  readonly graceSeconds: number;
  /** Seconds after which the old role's sessions are waited for no longer. */
  readonly drainSeconds: number;
}

/** The outcome of a rotation, and the proof. */
export interface RotationOutcome {
  /** The role that signed in before. */
  readonly from: string;
  /** The role that signs in now. */
  readonly to: string;
  /** Sessions of the old role that were ended, because they did not end by themselves. */
  readonly terminated: number;
  /** The server's view of the old role at the end: it can't sign in, and has no session. */
  readonly old: RoleSignIns;
}

const pollMilliseconds = 200;

/** Each look at what a pooler's sessions do may grant a membership for as long. */
const pooledPollMilliseconds = 1_000;

/** No request pauses for so long between two statements. */
const quietSeconds = 5;

/** A session that was told to end has cleaning up to do. */
const endingSeconds = 10;

/**
 * Gives a tenant another role to sign in as, with a new password, while it is in service: both roles are good until
 * nobody uses the old one. An interrupted one continues where it stopped.
 * @param onStep hears of each finished step, and is awaited.
 * @throws {TenantChangeError} when it can't be done; the tenant is then served as before, or with the new role.
 */
export async function rotateCredentials(
  tools: RotationTools,
  tenantKey: string,
  options: RotationOptions,
  onStep: (step: RotationStep) => Promise<void> | void = () => {},
): Promise<RotationOutcome> {
  return withCredentialsLock(tools.centralDatabaseUrl, tenantKey, async () => {
    const { central } = tools;
    const tenant = await central.tenant.findUnique({ where: { tenantKey } });
    if (tenant?.status !== 'active' && tenant?.status !== 'suspended') {
      throw new TenantChangeError(
        tenant
          ? `Tenant ${tenantKey} is ${tenant.status}: only one in service has credentials to rotate.`
          : `There is no tenant ${tenantKey}.`,
      );
    }
    if (tenant.dbIsProvided) throw new TenantChangeError(rolesAreProvided(tenantKey));
    const { purpose } = options;
    const unfinished = await findUnfinishedRotation(central, tenant.id, purpose);
    const rotation = unfinished ?? (await beginRotation(tools, tools.secrets, tenant, purpose));
    const record = (stage: 'resumed' | 'failed', error?: string) =>
      recordRotation(tools, tenantKey, purpose, rotation, stage, error);
    if (unfinished) await record('resumed');
    else await onStep('begin');
    const run = rotationRun(tools, tenant, rotation, options);
    try {
      for (const step of rotationSteps.slice(rotationSteps.indexOf(rotation.step) + 1)) {
        await run.steps[step]();
        await finishRotationStep(tools, tenantKey, purpose, rotation, step);
        await onStep(step);
      }
    } catch (error) {
      // The original error matters more than a failure to record it.
      await record('failed', reasonOf(error)).catch(() => undefined);
      throw error;
    }
    return run.outcome();
  });
}

function rotationRun(
  tools: RotationTools,
  tenant: TenantRow,
  { id: rotationId, from, to, reference }: Rotation,
  { purpose, graceSeconds, drainSeconds }: RotationOptions,
): { readonly steps: Record<RotationStep, () => Promise<void>>; outcome(): RotationOutcome } {
  const { central, secrets } = tools;
  const { id, tenantKey, dbName: database } = tenant;
  const columns = columnsOf(purpose);
  const administration = administrationOf(tools, tenant);
  const password = () => secrets.read({ tenantKey, purpose }, reference);
  const role = signInRoles(tenant, purpose)?.role ?? from;
  /** Returns the new role's way to where it is going to be used. */
  const newSignIn = async () => {
    const address = purpose === 'application' ? servingAddress(tenant) : directAddress(tenant);
    return { ...address, database, user: to, password: await password() };
  };
  let terminated = 0;
  let old: RoleSignIns | undefined;

  return {
    steps: {
      begin: async () => {},
      'make-role': async () => {
        await claimRoles(tools, tenant);
        await administer(administration, async (server) =>
          server.ensureRole(to, await password(), ownerMark(tenant)),
        );
        await withConnection(administration, (client) => applyRoleSettings(client, { signIn: to, role }));
      },
      verify: async () => {
        const datasource = await newSignIn();
        try {
          const acting =
            purpose === 'owner'
              ? await withConnection(datasource, readActingRole)
              : await checkServing(
                  { tenant, datasourceUrl: datasourceUrl(datasource) },
                  tools.limitsOf(tenant),
                  { acceptsUnmarked: true },
                );
          if (acting !== role)
            throw new TenantChangeError(`Signed in as ${to}, a session acts as ${acting}, not as ${role}.`);
        } catch (error) {
          if (error instanceof TenantChangeError) throw error;
          throw new TenantChangeError(
            `The new role ${to} can't be used at ${serverOf(datasource)}: ${reasonOf(error)}. Nothing has changed for requests. A pooler has to know the role (PgBouncer: auth_query, or auth_file); then run it again.`,
            { cause: error },
          );
        }
      },
      store: async () => {
        // Its key may have been replaced since.
        const newest = (await findUnfinishedRotation(central, id, purpose))?.reference ?? reference;
        const count = await central.$transaction(async (transaction) => {
          const updated = await transaction.tenant.updateMany({
            where: { id, ...columns.where(from) },
            data: columns.data(to, newest),
          });
          if (updated.count > 0) {
            await recordRotation(
              { ...tools, central: transaction },
              tenantKey,
              purpose,
              { id: rotationId, from, to },
              'stored',
            );
          }
          return updated.count;
        });
        if (count === 0) {
          const current = columns.roleOf(await central.tenant.findUniqueOrThrow({ where: { id } }));
          if (current !== to) {
            throw new TenantChangeError(
              `Somebody has set the role of tenant ${tenantKey} to ${current} in the meantime.`,
            );
          }
        }
        await tools.invalidate(tenantKey);
      },
      drain: async () => {
        // Also when an earlier run was cut off before, or its message got lost.
        await tools.invalidate(tenantKey);
        const isPooler = await withConnection({ ...(await newSignIn()), ...poolable }, isPooled).catch(
          () => tenant.dbDirectHost !== null,
        );
        const { sessions } = await withConnection(administration, (client) =>
          waitUntilUnused(client, from, {
            atLeastSeconds: graceSeconds,
            atMostSeconds: Math.max(graceSeconds, drainSeconds),
            isPooler,
          }),
        );
        // Who owns the database migrates it, and a migration is not to be cut off.
        if (sessions > 0 && purpose === 'owner') {
          throw new TenantChangeError(
            `${sessions} sessions of ${from} go on, of a migration perhaps: run it again later.`,
          );
        }
      },
      disable: async () => {
        await withConnection(administration, async (client) => {
          await forbidSignIn(client, from);
          if ((await readSignIns(client, from)).sessions > 0) terminated = await endSessions(client, from);
          old = await waitUntilUnused(client, from, { atLeastSeconds: 0, atMostSeconds: endingSeconds });
        });
        if (old?.canSignIn !== false || old.sessions > 0) {
          throw new TenantChangeError(
            `The role ${from} is still in use, although it may not sign in any more.`,
          );
        }
      },
    },
    outcome() {
      if (!old) throw new TenantChangeError(`The role ${from} was not disabled.`);
      return { from, to, terminated, old };
    },
  };
}

interface Waiting {
  readonly atLeastSeconds: number;
  readonly atMostSeconds: number;
  /** True if a pooler keeps sessions open that nobody uses: those are ended. */
  readonly isPooler?: boolean;
}

/** Waits until the role has had no session at the end of at least `atLeastSeconds`, or `atMostSeconds` are over. */
async function waitUntilUnused(
  client: pg.Client,
  role: string,
  { atLeastSeconds, atMostSeconds, isPooler = false }: Waiting,
): Promise<RoleSignIns> {
  const started = performance.now();
  for (;;) {
    const found = await readSignIns(client, role);
    const seconds = (performance.now() - started) / 1_000;
    if ((found.sessions === 0 && seconds >= atLeastSeconds) || seconds >= atMostSeconds) return found;
    if (isPooler && seconds >= atLeastSeconds) await endUnusedSessions(client, role, quietSeconds);
    await delay(isPooler ? pooledPollMilliseconds : pollMilliseconds);
  }
}

async function readActingRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ acting: string }>('SELECT current_user AS acting');
  return rows[0]?.acting;
}

function columnsOf(purpose: RotationPurpose) {
  return purpose === 'application'
    ? {
        roleOf: (row: TenantRow) => row.dbUser,
        where: (dbUser: string) => ({ dbUser }),
        data: (dbUser: string, dbPasswordEncrypted: string) => ({ dbUser, dbPasswordEncrypted }),
      }
    : {
        roleOf: (row: TenantRow) => row.dbOwnerUser,
        where: (dbOwnerUser: string) => ({ dbOwnerUser }),
        data: (dbOwnerUser: string, dbOwnerPasswordEncrypted: string) => ({
          dbOwnerUser,
          dbOwnerPasswordEncrypted,
        }),
      };
}
