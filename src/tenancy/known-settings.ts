import { type FieldMessage, message } from '../errors/index.ts';
import { isTimeZone, timeZoneSetting } from './time-zone.ts';
import {
  isTimeOfDay,
  isWorkHours,
  maximumWorkHours,
  workHoursSetting,
  workStartSetting,
} from './working-hours.ts';

interface KnownSetting {
  readonly accepts: (value: unknown) => boolean;
  /** What is wrong with any other value. */
  readonly problem: FieldMessage;
}

/** The settings that this program reads itself. All others are for clients, and may hold anything. */
const knownSettings: ReadonlyMap<string, KnownSetting> = new Map([
  [timeZoneSetting, { accepts: isTimeZone, problem: message('field.timeZone') }],
  [workStartSetting, { accepts: isTimeOfDay, problem: message('field.timeOfDay') }],
  [
    workHoursSetting,
    { accepts: isWorkHours, problem: message('field.workHours', { maximum: maximumWorkHours }) },
  ],
]);

/** Returns what is wrong with the value of a setting; null when nothing is. */
export function settingProblem(key: string, value: unknown): FieldMessage | null {
  const known = knownSettings.get(key);
  return known && !known.accepts(value) ? known.problem : null;
}
