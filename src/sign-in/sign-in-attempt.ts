import { awaitAdmission } from '../auth/await-admission.ts';
import type { KnownDevice } from '../auth/devices/device-tokens.ts';
import { type AddressAttempt, lockedNetwork, turnNetwork } from '../auth/login-addresses.ts';
import type { AttemptSource } from '../auth/sessions/account-attempts.ts';
import type { Account } from '../auth/sessions/accounts.ts';
import { isDatabaseUnavailable } from '../db/database-errors.ts';
import { InvalidCredentialsError, RateLimitedError, TenantBusyError } from '../errors/index.ts';
import { namedRealm } from './presented-token.ts';
import type { Realm } from './realm.ts';
import { findCandidate, type SignInTools, verifyCandidate } from './sign-in.ts';
import type { SignInRequest } from './sign-in-request.ts';

/** The input of a sign-in. */
export interface SignInInput {
  /** The key in its canonical form; null when no tenant is named. */
  readonly tenantKey: string | null;
  readonly username: string;
  readonly password: string;
  readonly deviceToken?: string | null | undefined;
}

/** An account that was let in. */
export interface Candidate {
  readonly realm: Realm;
  readonly account: Account;
  /** The device's id, if the account has signed in from it before. */
  readonly deviceId: string | undefined;
}

/**
 * Checks a sign-in, and counts it against the address and the account. An attempt from a device that the account knows
 * counts against that device alone: neither strangers nor neighbours lock it out.
 * @param enter brings the request to the database of the accounts; called only when needed.
 * @throws {RateLimitedError} while the address is locked.
 * @throws {TenantBusyError} when too many try at once.
 * @throws {InvalidCredentialsError} for every other reason.
 */
export async function attemptSignIn(
  request: SignInRequest,
  input: SignInInput,
  enter: () => Promise<Realm | null>,
): Promise<Candidate> {
  const { gate } = request.sessions;
  const named = namedRealm(input.tenantKey);
  const leave = await gate.enter(named, turnOf(request));
  try {
    const devices = await presentedDevices(request, input.deviceToken);
    const find = async () => {
      const realm = await enter();
      return { realm, account: await findCandidate(realm, input) };
    };
    // Without a device, a request from a locked address is refused before anything is looked up.
    const foundFirst = devices.length > 0 ? await find() : null;
    const device = knownDevice(devices, foundFirst?.realm, foundFirst?.account);
    const atAddress = device ? null : await beginAtAddress(request, gate.turnOf(named));
    const candidate = await endingWith(request, atAddress, async () => {
      const { realm, account } = foundFirst ?? (await find());
      const source: AttemptSource = device ? { kind: 'device', id: device.id } : sourceOf(request);
      return verifyCandidate(realm, account, input.password, source, signInTools(request, realm));
    });
    return { ...candidate, deviceId: device?.id };
  } finally {
    leave();
  }
}

/** Finds the request's device among those that an account knows, for a change of its password. */
export async function deviceOfSignedIn(
  request: SignInRequest,
  realm: Realm,
): Promise<(account: Account) => string | undefined> {
  const devices = await presentedDevices(request, null);
  return (account) => knownDevice(devices, realm, account)?.id;
}

/** The turn at hashing that all tenants that do not exist have together. No tenant's key contains a colon. */
const noTenant = ':none';

/**
 * The dependencies of signing in to a realm.
 * @param realm null for a tenant that does not exist.
 */
export function signInTools(request: SignInRequest, realm: Realm | null): SignInTools {
  const { sessions, origin, requestId } = request;
  const { issuer, deviceTokens, rules, passwords } = sessions;
  const party = {
    tenant: realm?.name ?? noTenant,
    member: request.isSignedIn ? `user ${request.viewer.userId}` : `network ${turnOf(request)}`,
  };
  return { issuer, deviceTokens, rules, passwords: passwords.of(party), origin, requestId };
}

/** The source of an attempt from a device that the account does not know. */
function sourceOf({ origin: { address } }: SignInRequest): AttemptSource {
  return address === null ? { kind: 'unknown' } : { kind: 'network', network: lockedNetwork(address) };
}

/** The party that the request takes turns with. */
function turnOf({ origin: { address } }: SignInRequest): string {
  return address === null ? 'unknown' : turnNetwork(address);
}

async function presentedDevices(
  { sessions, deviceCookies }: SignInRequest,
  argument: string | null | undefined,
): Promise<KnownDevice[]> {
  const tokens = argument == null ? deviceCookies.read() : [argument, ...deviceCookies.read()];
  const devices = await Promise.all(tokens.map((token) => sessions.deviceTokens.verify(token)));
  return devices.filter((device) => device !== null);
}

function knownDevice(
  devices: readonly KnownDevice[],
  realm: Realm | null | undefined,
  account: Account | null | undefined,
): KnownDevice | undefined {
  if (!realm || !account) return undefined;
  return devices.find(
    ({ accountId, tenantKey, generation }) =>
      accountId === account.id && tenantKey === realm.tenantKey && generation === account.deviceGeneration,
  );
}

/**
 * Begins an attempt from the request's address; null when it is not counted.
 * @throws {RateLimitedError} while the address is locked.
 * @throws {TenantBusyError} when attempts under way leave no room for it in time.
 */
async function beginAtAddress(
  { origin, sessions, logger, requestId }: SignInRequest,
  realm: string,
): Promise<AddressAttempt | null> {
  const { address } = origin;
  if (address === null) return null;
  try {
    const admission = await awaitAdmission(() => sessions.addresses.begin(address, realm));
    switch (admission.kind) {
      case 'admitted':
        return admission.attempt;
      case 'locked':
        throw new RateLimitedError(admission.seconds);
      case 'wait':
        throw new TenantBusyError(busyRetrySeconds);
    }
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    // Accounts still lock on their own failures, and tenants are still served.
    logger.warn({ err: error, requestId }, 'Failed sign-ins are not counted by address');
    return null;
  }
}

/** Attempts under way take fractions of a second. */
const busyRetrySeconds = 1;

/** Runs an attempt, and reports the outcome to its address. */
async function endingWith<T>(
  { logger, requestId }: SignInRequest,
  atAddress: AddressAttempt | null,
  attempt: () => Promise<T>,
): Promise<T> {
  const end = (outcome: 'success' | 'failure' | 'unknown') =>
    atAddress?.end(outcome).catch((error: unknown) => {
      // The attempt is given up for lost after a while.
      logger.warn({ err: error, requestId }, 'What came of a sign-in is not counted by address');
    });
  try {
    const result = await attempt();
    await end('success');
    return result;
  } catch (error) {
    await end(error instanceof InvalidCredentialsError ? 'failure' : 'unknown');
    throw error;
  }
}
