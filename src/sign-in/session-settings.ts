import type { DeviceTokens } from '../auth/devices/device-tokens.ts';
import type { LockoutRules } from '../auth/lockout.ts';
import type { LoginAddresses } from '../auth/login-addresses.ts';
import type { PasswordQueue } from '../auth/password-queue.ts';
import type { LiveSessions } from '../auth/sessions/live-sessions.ts';
import type { SignInGate } from '../auth/sign-in-gate.ts';
import type { TokenIssuer } from '../auth/token-issuer.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import type { CentralClient } from '../db/central-client.ts';

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
