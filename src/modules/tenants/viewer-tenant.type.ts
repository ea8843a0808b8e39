import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import type { Tenant } from '../../tenancy/tenant.ts';

/** What its own people may know of a tenant; managers see {@link Tenant} itself. */
type ViewerTenant = Pick<Tenant, 'tenantKey' | 'companyName' | 'plan'>;

/** The tenant that the viewer is in; null for a manager who is in none. It is known already: nothing is looked up. */
export function viewerTenant(context: Context): ViewerTenant | null {
  return context.viewer.tenantKey === null ? null : context.tenant;
}

export const ViewerTenantType = builder.objectRef<ViewerTenant>('ViewerTenant').implement({
  extensions: fromOutside,
  description: 'The tenant that you are in, as all of its people may see it. Managers see more: `Tenant`.',
  fields: (t) => ({
    id: t.id({
      description: 'Tells tenants apart in a client’s cache. Nothing takes it.',
      resolve: ({ tenantKey }) => encodeGlobalId('ViewerTenant', tenantKey),
    }),
    key: t.exposeString('tenantKey', { description: 'What you name it by when you sign in, e.g. `acme01`.' }),
    companyName: t.exposeString('companyName', { description: 'The company’s name.' }),
    plan: t.exposeString('plan', { description: 'The plan: `starter`, `pro` or `enterprise`.' }),
  }),
});
