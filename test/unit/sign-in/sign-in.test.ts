import { expect, it } from 'vitest';
import { lockoutRules } from '../../../src/auth/lockout.ts';
import { InvalidCredentialsError, TenantBusyError } from '../../../src/errors/index.ts';
import { type SignInTools, verifyCandidate } from '../../../src/sign-in/sign-in.ts';

const unexpected = () => Promise.reject(new Error('Nobody is to get here.'));
const busy = () => Promise.reject(new TenantBusyError(1));

it('a sign-in at a tenant that does not exist is refused as any other, also when nothing can be hashed for it', async () => {
  const tools: SignInTools = {
    issuer: { issueAccessToken: unexpected, issueRefreshToken: unexpected },
    deviceTokens: { issue: unexpected, verify: unexpected },
    rules: lockoutRules({ failureLimit: 5, addressFailureLimit: 50, lockSeconds: 900 }),
    passwords: { hash: unexpected, verify: unexpected, verifyAgainstNothing: busy },
    origin: { userAgent: null, address: null },
    requestId: 'x',
  };
  await expect(verifyCandidate(null, null, 'Wrong-1!', { kind: 'unknown' }, tools)).rejects.toBeInstanceOf(
    InvalidCredentialsError,
  );
});
