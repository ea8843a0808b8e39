import { awaitAdmission } from '../../auth/await-admission.ts';
import type { KnownDevice } from '../../auth/devices/device-tokens.ts';
import { type AddressAttempt, lockedNetwork } from '../../auth/login-addresses.ts';
import type { AttemptSource } from '../../auth/sessions/account-attempts.ts';
import type { Account } from '../../auth/sessions/accounts.ts';
import { isDatabaseUnavailable } from '../../db/database-errors.ts';
import { InvalidCredentialsError, RateLimitedError, TenantBusyError } from '../../errors/index.ts';
import type { Context } from '../../graphql/context.ts';
import { namedRealm } from './presented-token.ts';
import type { Realm } from './realm.service.ts';
import { findCandidate, type SignInTools, verifyCandidate } from './sign-in.service.ts';

/** The input of a sign-in, as it was sent. */
export interface SignInInput {
  readonly tenantKey?: string | null | undefined;
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
  context: Context,
  input: SignInInput,
  enter: () => Promise<Realm | null>,
): Promise<Candidate> {
  const network = networkOf(context);
  const leave = await context.sessions.gate.enter(
    // Tenant keys are no longer than that.
    namedRealm(input.tenantKey).slice(0, 64),
    network ?? 'unknown',
  );
  try {
    const devices = await presentedDevices(context, input.deviceToken);
    const find = async () => {
      const realm = await enter();
      return { realm, account: await findCandidate(realm, input) };
    };
    // Without a device, a request from a locked address is refused before anything is looked up.
    const foundFirst = devices.length > 0 ? await find() : null;
    const device = knownDevice(devices, foundFirst?.realm, foundFirst?.account);
    const atAddress = device ? null : await beginAtAddress(context);
    const candidate = await endingWith(context, atAddress, async () => {
      const { realm, account } = foundFirst ?? (await find());
      const source: AttemptSource = device
        ? { kind: 'device', id: device.id }
        : network === null
          ? { kind: 'unknown' }
          : { kind: 'network', network };
      return verifyCandidate(realm, account, input.password, source, signInTools(context, realm));
    });
    return { ...candidate, deviceId: device?.id };
  } finally {
    leave();
  }
}

/** The source of a signed-in user's attempt, for {@link changeOwnPassword}. */
export async function sourceOfSignedIn(
  context: Context,
  realm: Realm,
): Promise<(account: Account) => { source: AttemptSource; deviceId?: string }> {
  const devices = await presentedDevices(context, null);
  const network = networkOf(context);
  return (account) => {
    const device = knownDevice(devices, realm, account);
    if (device) return { source: { kind: 'device', id: device.id }, deviceId: device.id };
    return { source: network === null ? { kind: 'unknown' } : { kind: 'session', network } };
  };
}

/**
 * The dependencies of signing in to a realm.
 * @param realm null for a tenant that does not exist: its hashing is on the account of the client's address.
 */
export function signInTools(context: Context, realm: Realm | null): SignInTools {
  const { sessions, origin, requestId } = context;
  const { issuer, deviceTokens, rules, passwords } = sessions;
  const network = networkOf(context) ?? 'unknown';
  const party = context.isSignedIn
    ? { tenant: realm?.name ?? network, member: `user ${context.viewer.userId}` }
    : { tenant: realm?.name ?? `network ${network}`, member: `network ${network}` };
  return { issuer, deviceTokens, rules, passwords: passwords.of(party), origin, requestId };
}

function networkOf({ origin }: Context): string | null {
  return origin.address === null ? null : lockedNetwork(origin.address);
}

async function presentedDevices(
  { sessions, deviceCookies }: Context,
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
async function beginAtAddress({
  origin,
  sessions,
  logger,
  requestId,
}: Context): Promise<AddressAttempt | null> {
  const { address } = origin;
  if (address === null) return null;
  try {
    const admission = await awaitAdmission(() => sessions.addresses.begin(address));
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
  { logger, requestId }: Context,
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
