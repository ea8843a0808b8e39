import { requiresTls, sslModes } from '../config/tls-settings.ts';
import type { CentralClient } from '../db/central-client.ts';
import type { Logger } from '../logging/logger.ts';
import { tlsRemedy, unprotectedHost } from './tenant-tls.ts';

/** The number of tenants that the warning names. */
const namedTenants = 5;

const protecting = sslModes.filter((sslmode) => requiresTls({ sslmode }));

/**
 * Warns of tenants whose database is on another host and whose settings don't require TLS, in one line however many they
 * are. They are refused if `required`.
 */
export async function warnOfUnencryptedTenants(
  central: CentralClient,
  required: boolean,
  logger: Logger,
): Promise<void> {
  const candidates = await central.tenant.findMany({
    where: {
      status: { in: ['active', 'suspended'] },
      OR: [{ dbSslmode: null }, { dbSslmode: { notIn: protecting } }],
    },
    orderBy: { tenantKey: 'asc' },
  });
  const tenants = candidates.filter((tenant) => unprotectedHost(tenant) !== null);
  const [first] = tenants;
  if (!first) return;
  const tenantKeys = tenants.slice(0, namedTenants).map(({ tenantKey }) => tenantKey);
  logger[required ? 'error' : 'warn'](
    { tenants: tenants.length, tenantKeys },
    `Tenants with a database on another host don't require TLS${required ? ', and TENANT_DATABASE_REQUIRE_TLS refuses them' : ''}. Give each of them TLS, e.g. with "${tlsRemedy(first.tenantKey)}".`,
  );
}
