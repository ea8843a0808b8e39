import type { IssuedDeviceToken, KnownDevice } from './device-tokens.ts';

/** The tokens of a browser that accounts have signed in from: one for each, out of reach of its scripts. */
export interface DeviceCookies {
  /** The tokens that the browser has sent along. */
  read(): readonly string[];
  /** Has the browser keep the token that says so of this account. */
  keep(device: Pick<KnownDevice, 'tenantKey' | 'accountId'>, token: IssuedDeviceToken): void;
}
