import type { IssuedDeviceToken, KnownDevice } from './device-tokens.ts';

/** The device tokens that a browser keeps, one for each account that has signed in from it. Scripts can't read them. */
export interface DeviceCookies {
  /** Returns the tokens that the browser sent. */
  read(): readonly string[];
  /** Stores the account's token in the browser. */
  keep(device: Pick<KnownDevice, 'tenantKey' | 'accountId'>, token: IssuedDeviceToken): void;
  /** Removes the tokens from the browser that it has no room for; {@link DeviceCookies.keep} does so, too. */
  trim(): void;
}
