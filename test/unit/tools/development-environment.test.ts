import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/process-environment.ts';
import {
  developmentEnvironment,
  namesCentralDatabase,
} from '../../../tools/support/development-environment.ts';

const secrets = { SECRET_KEY: 'kept', CREDENTIALS_ENCRYPTION_KEY: 'kept' };
const database = {
  CENTRAL_ADMIN_DATABASE_URL: 'postgresql://own',
  CENTRAL_MIGRATION_DATABASE_URL: 'postgresql://own-owner',
  TENANT_ADMIN_DATABASE_URL: 'postgresql://own-administrator',
};
const other = 'postgresql://cxg@db.example.com/central_admin';

const from = (file: Environment, own: Environment = {}, placeholders: readonly string[] = []) => ({
  file,
  own,
  placeholders,
});

describe('the environment of a development server', () => {
  it('has the development database and its keys, whatever .env has of another one, and says so', () => {
    const file = {
      ...secrets,
      POSTGRES_PASSWORD: 'x',
      TENANT_ADMIN_DATABASE_URL: other,
      SECRET_KEY: 'other',
    };
    const { environment, ignored } = developmentEnvironment(from(file), secrets, database);
    expect(environment).toMatchObject({ ...secrets, ...database, POSTGRES_PASSWORD: 'x' });
    expect(ignored).toEqual(['TENANT_ADMIN_DATABASE_URL', 'SECRET_KEY', 'CREDENTIALS_ENCRYPTION_KEY']);
  });

  it('takes blank lines of .env for none', () => {
    const file = { SECRET_KEY: '', CREDENTIALS_ENCRYPTION_KEY: ' ', LOG_LEVEL: '' };
    for (const owned of [database, null]) {
      const { environment, ignored } = developmentEnvironment(from(file), secrets, owned);
      expect(environment).toMatchObject({ ...secrets, LOG_LEVEL: 'warn' });
      expect(ignored).toEqual([]);
    }
  });

  it('looks for changes every second, unless .env says otherwise than the example', () => {
    const file = { TENANT_DIRECTORY_CACHE_TTL: '30', SESSION_CACHE_TTL: '20' };
    expect(developmentEnvironment(from(file), secrets, database).environment).toMatchObject({
      TENANT_DIRECTORY_CACHE_TTL: '1',
      SESSION_CACHE_TTL: '20',
    });
    expect(developmentEnvironment(from(file), secrets, null).environment).toMatchObject(file);
  });

  it('has what the process was started with, before all else', () => {
    const own = { SECRET_KEY: 'meant', LOG_FORMAT: 'json', REDIS_URL: '' };
    const file = { SECRET_KEY: 'other', REDIS_URL: 'redis://file' };
    const { environment, ignored } = developmentEnvironment(from(file, own), secrets, database);
    expect(environment).toMatchObject({ ...database, SECRET_KEY: 'meant', LOG_FORMAT: 'json' });
    expect(environment).not.toHaveProperty('REDIS_URL');
    expect(ignored).toEqual([]);
  });

  it('has the keys of .env for a central database that is named', () => {
    const sources = from({ SECRET_KEY: 'other' }, { CENTRAL_ADMIN_DATABASE_URL: other });
    expect(namesCentralDatabase(sources)).toBe(true);
    const { environment } = developmentEnvironment(sources, secrets, null);
    expect(environment).toMatchObject({
      CENTRAL_ADMIN_DATABASE_URL: other,
      SECRET_KEY: 'other',
      CREDENTIALS_ENCRYPTION_KEY: 'kept',
    });
  });

  it.each([
    ['.env names one', from({ CENTRAL_ADMIN_DATABASE_URL: other }), true],
    [
      '.env has the example',
      from({ CENTRAL_ADMIN_DATABASE_URL: other }, {}, ['CENTRAL_ADMIN_DATABASE_URL']),
      false,
    ],
    ['the process has the example', from({}, { CENTRAL_ADMIN_DATABASE_URL: other }), true],
    [
      'a blank one replaces that of .env',
      from({ CENTRAL_ADMIN_DATABASE_URL: other }, { CENTRAL_ADMIN_DATABASE_URL: '' }),
      false,
    ],
    ['.env names an owner alone', from({ CENTRAL_MIGRATION_DATABASE_URL: other }), false],
  ])('uses a central database that is named: %s', (_case, sources, expected) => {
    expect(namesCentralDatabase(sources)).toBe(expected);
  });

  it('is refused when only the owner of a central database is named', () => {
    const sources = from({}, { CENTRAL_MIGRATION_DATABASE_URL: other });
    expect(() => namesCentralDatabase(sources)).toThrow(/CENTRAL_ADMIN_DATABASE_URL is not/);
  });
});
