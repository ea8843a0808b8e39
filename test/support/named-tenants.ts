import type { TestFleet, TestTenant } from './fleet.ts';
import type { GraphQLClient } from './graphql-client.ts';
import { issueAdminToken } from './tokens.ts';

/** A tenant whose answers name it, and somebody who may ask. */
export interface NamedTenant extends TestTenant {
  readonly token: string;
}

/** Provisions a tenant whose administrator has the tenant's name. */
export async function provisionNamed(fleet: TestFleet, tenantKey: string): Promise<NamedTenant> {
  const tenant = await fleet.provision(tenantKey);
  const { id } = await tenant.db.user.findFirstOrThrow({ select: { id: true } });
  await tenant.db.user.update({ where: { id }, data: { fullName: `Administrator of ${tenantKey}` } });
  // Otherwise the sessions of the test itself would be in the way of those who look at the application's.
  await tenant.db.$disconnect();
  return { ...tenant, token: await issueAdminToken(fleet, tenantKey, id) };
}

/** Asks who there is. @throws when the answer is an error, or comes from another tenant. */
export async function askForName(graphql: GraphQLClient, { token, tenantKey }: NamedTenant): Promise<void> {
  const { data, errors } = await graphql('{ users(first: 5) { edges { node { fullName } } } }', {
    token,
  });
  if (errors.length > 0) throw new Error(`${tenantKey}: ${JSON.stringify(errors)}`);
  const name = data.users.edges[0].node.fullName;
  if (name !== `Administrator of ${tenantKey}`)
    throw new Error(`WRONG TENANT: ${tenantKey} was told ${name}`);
}
