import { builder } from '../../graphql/builder.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { reportFieldsIn } from '../../graphql/report-fields.ts';
import { TenantPlan, TenantType } from './tenant.type.ts';
import { readTenantKey, tenantKeyArgument } from './tenant-key-argument.ts';

const TenantUpdateInput = builder.inputType('TenantUpdateInput', {
  description: 'What to change of a tenant: an absent field stays as it is. None can be cleared.',
  fields: (t) => ({
    companyName: t.string({ description: 'The company’s name; at most 255 characters.' }),
    plan: t.field({ type: TenantPlan, description: 'The plan.' }),
    maxUsers: t.int({
      description: 'The seats of its plan. When more are taken already, nobody loses theirs.',
    }),
  }),
});

builder.mutationField('updateTenant', (t) =>
  t.field({
    type: TenantType,
    description: 'Changes a tenant. Only for managers. `TENANT_NOT_FOUND` when there is none of that key.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      input: t.arg({ type: TenantUpdateInput, required: true, description: 'The changes.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, input, expectedUpdatedAt }, { platform, actor }) => {
      const key = readTenantKey(tenantKey);
      return reportFieldsIn('input', () => platform.tenants.update(actor, key, input, expectedUpdatedAt));
    },
  }),
);

builder.mutationField('suspendTenant', (t) =>
  t.field({
    type: TenantType,
    description:
      'Takes a tenant out of service at once: its people’s tokens are refused with `TENANT_SUSPENDED`. Only for managers. `CONFLICT` when it is not in service.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      reason: t.arg.string({ required: true, description: 'Why; 1 to 500 characters. Managers see it.' }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, reason }, { platform, actor }) => {
      return platform.tenants.suspend(actor, readTenantKey(tenantKey), reason);
    },
  }),
);

builder.mutationField('resumeTenant', (t) =>
  t.field({
    type: TenantType,
    description:
      'Puts a suspended tenant into service again. Only for managers. `CONFLICT` when it is not suspended, or when its database lacks migrations: then with the `command` that applies them.',
    args: { tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }) },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey }, { platform, actor }) => {
      return platform.tenants.resume(actor, readTenantKey(tenantKey));
    },
  }),
);

/** The longest that a manager stays in a tenant with one token. Each entry is recorded, so a stay should not be long. */
const entrySeconds = 900;

interface TenantEntry {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly tenantKey: string;
}

const EnterTenantPayload = builder.objectRef<TenantEntry>('EnterTenantPayload').implement({
  description: 'A manager’s way into one tenant.',
  authScopes: { manager: true },
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'Send it as `Authorization: Bearer …` with requests to the tenant. It can’t be refreshed, and ends with your session.',
    }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the access token expires.' }),
    tenant: t.field({
      type: TenantType,
      description: 'The tenant.',
      resolve: ({ tenantKey }) => tenantKey,
    }),
  }),
});

builder.mutationField('enterTenant', (t) =>
  t.field({
    type: EnterTenantPayload,
    description:
      'Gives you an access token for one tenant, with every permission there, for 15 minutes. Recorded in the managers’ log and in the tenant’s own. Only for managers. Refused for a suspended tenant.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      reason: t.arg.string({
        required: true,
        description: 'Why; 1 to 500 characters. The tenant’s administrators can read it.',
      }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, reason }, { platform, actor, viewer, sessions }) => {
      const key = readTenantKey(tenantKey);
      await platform.tenants.enter(actor, key, reason);
      const token = await sessions.issuer.issueAccessToken({ ...viewer, tenantKey: key }, entrySeconds);
      return { ...token, tenantKey: key };
    },
  }),
);
