import type { CentralClient } from '../../src/db/central-client.ts';
import { timeZoneOf, timeZoneSetting } from '../../src/tenancy/time-zone.ts';

/** The time zone in which a tenant's days begin and end. */
export async function readTimeZone(central: CentralClient, tenantKey: string): Promise<string> {
  const settings = await central.tenantConfig.findMany({
    where: { tenant: { tenantKey }, configKey: timeZoneSetting, isPublic: true },
  });
  const publicSettings = settings.map(({ configKey, configValue }) => ({
    key: configKey,
    value: configValue,
  }));
  return timeZoneOf({ publicSettings });
}
