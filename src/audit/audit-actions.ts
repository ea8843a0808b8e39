import { type EntityName, entities, entityOf, listOf } from '../catalogue/entities.ts';

/** A code as it is stored, and its meaning for clients. */
export interface DescribedCode<Code extends string> {
  readonly code: Code;
  readonly description: string;
}

/** Things that happen to every entity, with the words for it. */
const entityVerbs = { create: 'created', update: 'changed', delete: 'deleted', restore: 'restored' } as const;

type EntityVerb = keyof typeof entityVerbs;

/** An action on an entity, e.g. `asset.create`. */
type EntityAction = `${(typeof entities)[number]['model']}.${EntityVerb}`;

/** The code of an action on an entity. */
export function entityAction(name: EntityName, verb: EntityVerb): EntityAction {
  return `${entityOf(name).model}.${verb}`;
}

const verbs = ['create', 'update', 'delete', 'restore'] as const satisfies readonly EntityVerb[];

const entityActions: readonly DescribedCode<EntityAction>[] = entities.flatMap(({ name }) =>
  verbs.map((verb) => ({
    code: entityAction(name, verb),
    description: `${/^[AEIO]/.test(name) ? 'An' : 'A'} \`${name}\` was ${entityVerbs[verb]}.`,
  })),
);

/** Actions of accounts and sessions, of tenants and of the platform alike. */
const signInActions = [
  { code: 'account.lock', description: 'Failed sign-ins locked an account.' },
  { code: 'account.change_password', description: 'Somebody changed their own password.' },
  { code: 'session.begin', description: 'Somebody signed in.' },
  { code: 'session.end', description: 'A session was ended before its time.' },
  {
    code: 'session.reuse',
    description:
      'A refresh token was used twice; its session was ended, because the token may have been stolen.',
  },
] as const satisfies readonly DescribedCode<string>[];

const otherTenantActions = [
  { code: 'customer.merge', description: 'A `Customer` was merged into another one, or took one over.' },
  { code: 'user.reset_password', description: 'A user was given a single-use password.' },
  { code: 'user.unlock', description: 'A user who was locked by failed sign-ins was unlocked.' },
  { code: 'deal.move', description: 'A `Deal` was moved to another stage.' },
  { code: 'customer.import', description: 'Customers were imported from a file.' },
  { code: 'contact.import', description: 'Contacts were imported from a file.' },
  {
    code: 'employee.read_sensitive',
    description: 'Personal data of an employee was read in clear; `fields` names them.',
  },
  {
    code: 'attendanceRecord.request_correction',
    description: 'Somebody asked to correct an attendance record, or to add a forgotten one.',
  },
  { code: 'attendanceRecord.approve_correction', description: 'Such a correction was approved and made.' },
  { code: 'attendanceRecord.reject_correction', description: 'Such a correction was rejected.' },
  { code: 'leaveRequest.approve', description: 'A request for leave was approved.' },
  { code: 'leaveRequest.reject', description: 'A request for leave was rejected.' },
  { code: 'leaveRequest.cancel', description: 'A request for leave was cancelled.' },
  { code: 'tenant.enter', description: 'A manager of the platform entered the tenant.' },
  { code: 'tenant.seed_sample_data', description: 'An operator added sample data.' },
  {
    code: 'tenant.adopt_database',
    description: 'An operator gave the tenant a database that was another’s.',
  },
  { code: 'tenant.end_sessions', description: 'An operator ended every session after a restore.' },
  { code: 'timestamps.repair', description: 'An operator corrected times of a wrong time zone.' },
] as const satisfies readonly DescribedCode<string>[];

const otherManagerActions = [
  { code: 'manager.create', description: 'A manager was created.' },
  { code: 'manager.disable', description: 'A manager was kept from signing in.' },
  { code: 'manager.enable', description: 'A disabled manager was allowed to sign in again.' },
  { code: 'manager.reset_password', description: 'A manager was given a single-use password.' },
  { code: 'manager.unlock', description: 'A manager who was locked by failed sign-ins was unlocked.' },
  { code: 'tenant.provision', description: 'A tenant was registered and its provisioning begun.' },
  { code: 'tenant.resume_provisioning', description: 'The provisioning of a tenant was tried again.' },
  { code: 'tenant.finish_provisioning', description: 'A tenant was put into service.' },
  { code: 'tenant.fail_provisioning', description: 'The provisioning of a tenant failed.' },
  { code: 'tenant.clean_up_provisioning', description: 'A failed provisioning job was cleaned up.' },
  { code: 'tenant.remove_unfinished', description: 'The remains of an unfinished tenant were removed.' },
  { code: 'tenant.update', description: 'A tenant was changed.' },
  { code: 'tenant.suspend', description: 'A tenant was taken out of service.' },
  { code: 'tenant.resume', description: 'A suspended tenant was put into service again.' },
  { code: 'tenant.set_config', description: 'A setting of a tenant was set or removed.' },
  { code: 'tenant.enter', description: 'A manager entered a tenant.' },
  {
    code: 'tenant.reset_administrator_password',
    description: 'A tenant’s administrator was given a single-use password.',
  },
  { code: 'tenant.seed_sample_data', description: 'Sample data was added to a tenant.' },
  { code: 'tenant.migrate_database', description: 'Migrations were applied to a tenant’s database.' },
  { code: 'tenant.mark_database', description: 'A tenant’s database was marked as its own.' },
  { code: 'tenant.mark_roles', description: 'A tenant’s database roles were marked as its own.' },
  {
    code: 'tenant.record_schema_version',
    description: 'The newest migration of a tenant’s database was recorded.',
  },
  { code: 'tenant.separate_owner', description: 'A tenant’s database was given an owner role of its own.' },
  { code: 'tenant.rotate_credentials', description: 'The credentials of a tenant’s database were changed.' },
  { code: 'tenant.reencrypt_credentials', description: 'A tenant’s stored passwords were re-encrypted.' },
  { code: 'tenant.move_database', description: 'A tenant was pointed to where its database has moved.' },
  { code: 'tenant.adopt_database', description: 'A tenant was given a database that was another’s.' },
  { code: 'tenant.repair_database', description: 'A tenant’s restored database was repaired.' },
  { code: 'central.migrate_database', description: 'Migrations were applied to the central database.' },
  { code: 'server.withdraw_rights', description: 'Rights were withdrawn on a database server.' },
  { code: 'timestamps.repair', description: 'Times of a wrong time zone were corrected.' },
] as const satisfies readonly DescribedCode<string>[];

/** An action of an account or a session, in either log. */
export type SignInAction = (typeof signInActions)[number]['code'];

/** An action in a tenant's log. A new entity's are among them by its line in the catalogue. */
export type TenantAuditAction = EntityAction | SignInAction | (typeof otherTenantActions)[number]['code'];

/** An action in the managers' log. */
export type ManagerAuditAction = SignInAction | (typeof otherManagerActions)[number]['code'];

/** All that a tenant's log records. */
export const tenantAuditActions: readonly DescribedCode<TenantAuditAction>[] = [
  ...entityActions,
  ...signInActions,
  ...otherTenantActions,
];

/** All that the managers' log records. */
export const managerAuditActions: readonly DescribedCode<ManagerAuditAction>[] = [
  ...signInActions,
  ...otherManagerActions,
];

/** The types of what a tenant's log is about besides its entities. */
const otherTenantTypes = [
  { code: 'AttendanceCorrection', description: 'A request to add a forgotten `AttendanceRecord`.' },
  { code: 'Session', description: 'A sign-in on one device.' },
  { code: 'Tenant', description: 'The tenant as a whole.' },
] as const satisfies readonly DescribedCode<string>[];

/** A type of what a tenant's log is about. */
export type TenantEntityType = EntityName | (typeof otherTenantTypes)[number]['code'];

/** All types of what a tenant's log is about. */
export const tenantEntityTypes: readonly DescribedCode<TenantEntityType>[] = [
  ...entities.map(({ name }) => ({ code: name, description: `One of the ${listOf(name)}.` })),
  ...otherTenantTypes,
];

/** All types of what the managers' log is about. */
export const managerEntityTypes = [
  { code: 'Manager', description: 'A manager’s account.' },
  { code: 'Session', description: 'A manager’s sign-in on one device.' },
  { code: 'Tenant', description: 'A tenant, its database or the credentials for that.' },
  { code: 'TenantConfig', description: 'A setting of a tenant.' },
  { code: 'ProvisioningJob', description: 'The provisioning of a tenant.' },
  { code: 'Central', description: 'The central database.' },
  { code: 'Server', description: 'A database server.' },
] as const satisfies readonly DescribedCode<string>[];

/** A type of what the managers' log is about. */
export type ManagerEntityType = (typeof managerEntityTypes)[number]['code'];
