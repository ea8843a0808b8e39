import { createDeviceTokens } from '../auth/devices/device-tokens.ts';
import { lockoutRules } from '../auth/lockout.ts';
import { createLoginAddresses } from '../auth/login-addresses.ts';
import { createPasswordQueue } from '../auth/password-queue.ts';
import { createLiveSessions, managersRealm } from '../auth/sessions/live-sessions.ts';
import { createSignInGate } from '../auth/sign-in-gate.ts';
import type { SigningKeys } from '../auth/signing-keys.ts';
import { createTokenIssuer } from '../auth/token-issuer.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import type { ServerConfiguration } from '../config/environment.ts';
import type { SessionSettings } from '../sign-in/session-settings.ts';
import type { Fleet } from '../tenancy/fleet/open-fleet.ts';
import type { TenantDirectory } from '../tenancy/tenant-directory.ts';

/** Creates what signs people in, and recognizes them afterwards. */
export function createAuthentication(
  signingKeys: SigningKeys,
  { tools: { central }, cache }: Fleet,
  directory: TenantDirectory,
  configuration: ServerConfiguration,
): SessionSettings {
  const rules = lockoutRules(configuration.lockout);
  return {
    issuer: createTokenIssuer(signingKeys, configuration.tokens),
    verifier: createTokenVerifier(signingKeys, configuration.tokens),
    deviceTokens: createDeviceTokens(signingKeys, configuration.tokens),
    rules,
    addresses: createLoginAddresses(central, rules.address),
    gate: createSignInGate((realm) => realm === managersRealm || directory.hasFound(realm)),
    passwords: createPasswordQueue(),
    live: createLiveSessions(cache, configuration.sessionCacheSeconds),
    central,
  };
}
