import { Temporal } from 'temporal-polyfill';
import type { DirectoryTenant } from './tenant.ts';

/** The name of the public setting of a tenant's time zone. */
export const timeZoneSetting = 'timezone';

const defaultTimeZone = 'Asia/Seoul';

/** Returns whether a value is the name of a time zone in the IANA database, such as `Asia/Seoul`. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) return false;
  try {
    Temporal.Now.zonedDateTimeISO(value);
    return true;
  } catch {
    return false;
  }
}

/** The time zone in which a tenant's days begin and end: its public setting `timezone`, or Korea's. */
export function timeZoneOf({ publicSettings }: Pick<DirectoryTenant, 'publicSettings'>): string {
  const value = publicSettings.find(({ key }) => key === timeZoneSetting)?.value;
  return isTimeZone(value) ? value : defaultTimeZone;
}
