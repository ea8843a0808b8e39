import type { DirectoryTenant } from './tenant.ts';

/** The name of the public setting of the time of day at which a company's work begins. */
export const workStartSetting = 'work_start';

/** The name of the public setting of how many hours a day has at work. */
export const workHoursSetting = 'work_hours';

/** The longest day at work that a company may have. */
export const maximumWorkHours = 24;

/** When a company works. */
export interface WorkingHours {
  /** A time of day in the tenant's time zone, such as `09:00`. */
  readonly start: string;
  readonly minutesPerDay: number;
}

/** Returns whether a value is a time of day, such as `09:00`. */
export function isTimeOfDay(value: unknown): value is string {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
}

/** Returns whether a value is how many hours a day at work can have. */
export function isWorkHours(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= maximumWorkHours;
}

/** When a tenant works: by its public settings `work_start` and `work_hours`, or eight hours from nine o'clock on. */
export function workingHoursOf({ publicSettings }: Pick<DirectoryTenant, 'publicSettings'>): WorkingHours {
  const settingOf = (name: string) => publicSettings.find(({ key }) => key === name)?.value;
  const start = settingOf(workStartSetting);
  const hours = settingOf(workHoursSetting);
  return {
    start: isTimeOfDay(start) ? start : '09:00',
    minutesPerDay: Math.round(60 * (isWorkHours(hours) ? hours : 8)),
  };
}
