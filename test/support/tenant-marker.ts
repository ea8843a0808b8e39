import type { Datasource } from '../../src/config/datasource.ts';
import type { TenantIdentity } from '../../src/db/tenant-marker.ts';
import { withConnection } from '../../src/db/with-connection.ts';

/** Marks a copied database as another tenant's, acting as its owner. */
export async function remarkDatabase(owner: Datasource, { id, tenantKey }: TenantIdentity): Promise<void> {
  await withConnection(owner, (session) =>
    session.query('UPDATE sys.tenant_marker SET tenant_id = $1, tenant_key = $2', [id, tenantKey]),
  );
}
