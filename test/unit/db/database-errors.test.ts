import { describe, expect, it } from 'vitest';
import { ConnectionRefusal } from '../../../src/db/connections/connection-refusal.ts';
import { databaseFailure } from '../../../src/db/database-errors.ts';
import { UnusableServerError } from '../../../src/db/unusable-server-error.ts';
import { TenantMismatchError } from '../../../src/errors/index.ts';

const withCode = (code: string, message = '') => Object.assign(new Error(message), { code });

/** As a statement's error arrives, and as that of a COMMIT does. */
const arrivals = (originalCode: string) => [
  Object.assign(withCode('P2010'), {
    meta: { driverAdapterError: { cause: { kind: 'postgres', originalCode } } },
  }),
  new Error('DriverAdapterError', { cause: { kind: 'postgres', originalCode } }),
];

const startFailure = 'Transaction API error: Unable to start a transaction in the given time.';
const expired =
  'Transaction API error: A query cannot be executed on an expired transaction. The timeout was';

describe('what keeps a tenant’s database from answering', () => {
  it.each([
    ['a server that shuts down', '57P01'],
    ['a server that crashed', '57P02'],
    ['a server that starts', '57P03'],
    ['a database that was dropped', '3D000'],
    ['a role that is gone', '28000'],
    ['a wrong password', '28P01'],
    ['a server out of connections', '53300'],
    ['a database that is read-only', '25006'],
    ['a statement that took too long', '57014'],
    ['a connection that was lost', '08006'],
    ['a database that takes no connections', '55000'],
    ['a full disk', '53100'],
    ['a file that can’t be read', '58030'],
    ['a transaction that was cut off', '25P04'],
  ])('is named, and may be repeated: %s', (_case, code) => {
    for (const error of [...arrivals(code), withCode(code)]) {
      expect(databaseFailure(error)).toMatchObject({
        code: 'TENANT_UNAVAILABLE',
        details: { retryable: true },
      });
    }
  });

  it.each([
    ['Connection terminated unexpectedly'],
    ['Client was closed and is not queryable'],
    ['Client has encountered a connection error and is not queryable'],
  ])('is named by the driver without a code: %s', (message) => {
    expect(databaseFailure(new Error(message))?.code).toBe('TENANT_UNAVAILABLE');
  });

  it('is that it is busy when a transaction finds no connection in time', () => {
    expect(databaseFailure(withCode('P2028', startFailure))).toMatchObject({
      code: 'TENANT_BUSY',
      details: { retryAfter: 1, retryable: true },
    });
  });

  it.each([
    ['a serialization failure', '40001'],
    ['a deadlock', '40P01'],
    ['a lock that was not got in time', '55P03'],
  ])('is that others are at work: %s', (_case, code) => {
    for (const error of [...arrivals(code), withCode(code)]) {
      expect(databaseFailure(error)).toMatchObject({ code: 'TENANT_BUSY', details: { retryable: true } });
    }
    expect(databaseFailure(withCode('P2034'))?.code).toBe('TENANT_BUSY');
  });

  it('is told by codes alone, whatever language the server speaks', () => {
    const korean = '데이터베이스 "t" 지금은 연결을 받지 않습니다';
    expect(databaseFailure(withCode('55000', korean))?.code).toBe('TENANT_UNAVAILABLE');
    // A column may have this name.
    expect(databaseFailure(withCode('42703', 'Connection terminated'))).toBeNull();
  });

  it('is that the server can’t be trusted', () => {
    expect(databaseFailure(new UnusableServerError('It wants the password.'))?.code).toBe(
      'TENANT_UNAVAILABLE',
    );
  });

  it('is that it is slow when a transaction takes too long', () => {
    expect(databaseFailure(withCode('P2028', expired))?.code).toBe('TENANT_UNAVAILABLE');
  });

  it('is what we have refused a connection for', () => {
    const failure = new TenantMismatchError();
    expect(databaseFailure(new ConnectionRefusal(failure))).toBe(failure);
  });

  it('is not a fault of a statement', () => {
    for (const code of ['23505', '42601', '42P01', '22P02']) {
      for (const error of [...arrivals(code), withCode(code)]) expect(databaseFailure(error)).toBeNull();
    }
    expect(databaseFailure(new Error('anything'))).toBeNull();
    expect(databaseFailure('anything')).toBeNull();
  });
});
