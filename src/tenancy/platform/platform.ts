import type { CentralClient } from '../../db/central-client.ts';

/** What managers work with: all tenants, from above. */
export interface Platform {
  readonly central: CentralClient;
}
