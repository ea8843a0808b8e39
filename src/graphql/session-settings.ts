import type { LockoutPolicy } from '../auth/lockout.ts';
import type { TokenIssuer } from '../auth/token-issuer.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';

/** What sign-in and refresh need besides a tenant's database. */
export interface SessionSettings {
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  readonly lockout: LockoutPolicy;
}
