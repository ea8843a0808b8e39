import type { CentralClient } from '../../db/central-client.ts';
import type { DeviceTokens } from '../devices/device-tokens.ts';
import type { LockoutRules } from '../lockout.ts';
import type { LoginAddresses } from '../login-addresses.ts';
import type { PasswordQueue } from '../password-queue.ts';
import type { LiveSessions } from '../sessions/live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import type { TokenIssuer } from '../token-issuer.ts';
import type { TokenVerifier } from '../token-verifier.ts';

/** The dependencies of signing in and refreshing, besides a tenant's database. */
export interface SessionSettings {
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  readonly deviceTokens: DeviceTokens;
  readonly rules: LockoutRules;
  readonly addresses: LoginAddresses;
  readonly gate: SignInGate;
  readonly passwords: PasswordQueue;
  readonly live: LiveSessions;
  /** The database of managers and their sessions. */
  readonly central: CentralClient;
}
