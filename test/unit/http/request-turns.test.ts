import { expect, it } from 'vitest';
import type { AccessGrant } from '../../../src/auth/viewer.ts';
import { LoopBusyError, type LoopTurns } from '../../../src/concurrency/loop-turns.ts';
import { TenantBusyError } from '../../../src/errors/index.ts';
import { type Requester, takeTurn } from '../../../src/http/request-turns.ts';

const grantOf = (tenantKey: string | null): AccessGrant => ({
  userId: 'boss',
  sessionId: 'session',
  role: tenantKey === null ? 'manager' : 'tenant_admin',
  tenantKey,
  permissions: new Set(),
});

function turnsThat(enter: LoopTurns['enter']): LoopTurns {
  return {
    enter,
    statistics: () => ({ inside: 0, limit: 0, waiting: 0, refused: 0, held: 0, delayMilliseconds: 0 }),
    close: () => {},
  };
}

function groupOf(requester: Requester): string {
  let entered = '';
  const turns = turnsThat((group) => {
    entered = group;
    return () => {};
  });
  takeTurn(turns, requester);
  return entered;
}

it('turns are taken by tenant, by manager, and by the network of those without a good token', () => {
  expect(groupOf({ grant: grantOf('acme01'), address: '192.0.2.1' })).toBe('acme01');
  expect(groupOf({ grant: grantOf(null), address: '192.0.2.1' })).toBe('manager:boss');
  expect(groupOf({ grant: null, address: '192.0.2.1' })).toBe('network:192.0.2.1');
  expect(groupOf({ grant: null, address: '2001:db8:1:2::3' })).toBe('network:2001:db8:1::/48');
  expect(groupOf({ grant: null, address: null })).toBe('network:none');
});

it('a request that would wait too long is refused as busy, with a status that is the client’s to mind', async () => {
  const turns = turnsThat(() => Promise.reject(new LoopBusyError(3)));
  const error = await Promise.resolve(takeTurn(turns, { grant: null, address: null })).catch((each) => each);
  expect(error).toMatchObject({ extensions: { http: { status: 429 } } });
  expect(error.originalError).toBeInstanceOf(TenantBusyError);
  expect(error.originalError).toMatchObject({ details: { retryAfter: 3, retryable: true } });
});

it('a client that has gone is no failure, whatever has ended its connection', async () => {
  const turns = turnsThat(() => Promise.reject(new Error('ECONNRESET')));
  const signal = AbortSignal.abort(new Error('ECONNRESET'));
  const error = await Promise.resolve(takeTurn(turns, { grant: null, address: null, signal })).catch(
    (each) => each,
  );
  expect(error).toBeInstanceOf(TenantBusyError);
  // A cause would be logged.
  expect(error.cause).toBeUndefined();
});
