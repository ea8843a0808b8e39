import type { Datasource } from '../../config/datasource.ts';
import type { TlsSettings } from '../../config/tls-settings.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { Operator } from '../operator.ts';
import type { LimitsOf } from '../plan-limits.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';

/** The dependencies of provisioning. */
export interface ProvisioningTools {
  readonly central: CentralClient;
  readonly centralDatabaseUrl: string;
  /** Its user may create roles and databases; its host and port are where new databases go by default. */
  readonly tenantAdminDatasource: Datasource;
  /** The use of TLS for new tenants' databases, unless a request says otherwise. */
  readonly tenantTls?: TlsSettings | undefined;
  readonly secrets: TenantSecrets;
  /** The limits of each plan, as servers apply them. */
  readonly limitsOf: LimitsOf;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
  /** Named in the audit logs; defaults to the account that runs this process. */
  readonly operator?: Operator | undefined;
  /** True when real people are served, so that no account may have a publicly known password. */
  readonly production?: boolean | undefined;
}
