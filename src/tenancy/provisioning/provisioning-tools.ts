import type { CentralClient } from '../../db/central-client.ts';
import type { Datasource } from '../../db/datasource.ts';
import type { Operator } from '../operator.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';

/** What provisioning works with. */
export interface ProvisioningTools {
  readonly central: CentralClient;
  readonly centralDatabaseUrl: string;
  /** A connection whose user may create roles and databases; its host and port are the default place of new databases. */
  readonly tenantAdminDatasource: Datasource;
  readonly secrets: TenantSecrets;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
  /** Whom the audit logs name; without one, the account that runs this process. */
  readonly operator?: Operator | undefined;
  /** Whether real people are served, so that no account may have a password that everybody knows. */
  readonly production?: boolean | undefined;
}
