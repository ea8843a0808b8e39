import type { LockoutPolicy } from '../auth/lockout.ts';
import type { LoginAddresses } from '../auth/login-addresses.ts';
import type { LiveSessions } from '../auth/sessions/live-sessions.ts';
import type { TokenIssuer } from '../auth/token-issuer.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import type { CentralClient } from '../db/central-client.ts';

/** What sign-in and refresh need besides a tenant's database. */
export interface SessionSettings {
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  readonly lockout: LockoutPolicy;
  readonly addresses: LoginAddresses;
  readonly live: LiveSessions;
  /** Where managers and their sessions are kept. */
  readonly central: CentralClient;
}
