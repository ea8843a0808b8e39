import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { readFleetConfiguration, readServerConfiguration } from '../../../src/config/environment.ts';
import {
  isProduction,
  readCentralMigrationConfiguration,
  readOperator,
} from '../../../src/config/script-environment.ts';

const complete = {
  CENTRAL_ADMIN_DATABASE_URL: 'postgresql://admin:hunter2secret@db:5432/central_admin',
  CREDENTIALS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  SECRET_KEY: 'k'.repeat(32),
};

function problemsOf(environment: Record<string, string | undefined>): string {
  try {
    readServerConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('The environment was accepted.');
}

describe('the server configuration', () => {
  it("has the guide's defaults", () => {
    const configuration = readServerConfiguration(complete);
    expect(configuration).toMatchObject({
      environment: 'development',
      port: 8100,
      redisUrl: undefined,
      redisCacheSeconds: 300,
      tokens: {
        keys: { signing: { algorithm: 'HS256' }, previousSecretKeys: [], verificationKeyFiles: [] },
        issuer: 'cxg-graphql-api',
        audience: 'cxg-graphql-api',
        accessTokenSeconds: 900,
        refreshTokenSeconds: 604_800,
      },
      allowedOrigins: ['http://localhost:8200', 'http://localhost:8300'],
      graphqlLimits: { depth: 10, complexity: 1000 },
      tenantClients: { idleSeconds: 3600 },
      tenantConnections: { budget: undefined },
      tenantLimits: { poolSize: 5 },
      logging: { level: 'info', format: 'json' },
    });
  });

  it.each([
    [{}, true],
    [{ ENVIRONMENT: 'development', ALLOWED_ORIGINS: '' }, true],
    [{ ALLOWED_ORIGINS: 'http://localhost:8200' }, false],
    [{ ENVIRONMENT: 'test' }, false],
    [{ ENVIRONMENT: 'production' }, false],
  ])(
    'allows pages of every port of this machine only in development, when no origin is named: %j',
    (given, expected) => {
      expect(readServerConfiguration({ ...complete, ...given }).allowsLoopbackOrigins).toBe(expected);
    },
  );

  it('names every variable that is missing', () => {
    const message = problemsOf({});
    expect(message).toContain('SECRET_KEY is missing');
    expect(message).toContain('CENTRAL_ADMIN_DATABASE_URL is missing');
    expect(message).toContain('CREDENTIALS_ENCRYPTION_KEY is missing');
  });

  it('names the faults of every concern at once, those of variables that do not go together among them', () => {
    const message = problemsOf({ ...complete, API_PORT: 'eighty', VAULT_URL: 'https://vault', DEBUG: '?' });
    expect(message).toContain('API_PORT');
    expect(message).toContain('DEBUG');
    expect(message).toContain('VAULT_TOKEN or VAULT_KUBERNETES_ROLE must be set');
  });

  it.each(['', '   '])('takes the blank value %j for an absent one', (blank) => {
    expect(problemsOf({ ...complete, SECRET_KEY: blank })).toContain('SECRET_KEY is missing');
    expect(readServerConfiguration({ ...complete, REDIS_URL: blank }).redisUrl).toBeUndefined();
  });

  it('refuses a short secret key', () => {
    expect(problemsOf({ ...complete, SECRET_KEY: 'short' })).toContain('SECRET_KEY is too short');
  });

  it('refuses a published secret key in production', () => {
    const published = { ...complete, SECRET_KEY: 'change-this-to-a-random-secret-key-min-32-chars' };
    expect(problemsOf({ ...published, ENVIRONMENT: 'production' })).toContain('SECRET_KEY is an example');
    expect(
      problemsOf({
        ...complete,
        PREVIOUS_SECRET_KEYS: published.SECRET_KEY,
        ENVIRONMENT: 'production',
      }),
    ).toContain('PREVIOUS_SECRET_KEYS is an example');
  });

  it.each(['EdDSA', 'RS256'])(
    'signs with a key file and needs no secret key when ALGORITHM is %s',
    (algorithm) => {
      const { SECRET_KEY: _none, ...withoutSecret } = complete;
      const { keys } = readServerConfiguration({
        ...withoutSecret,
        ALGORITHM: algorithm,
        SIGNING_KEY_FILE: 'keys/new.pem',
        VERIFICATION_KEY_FILES: 'keys/old.pem, keys/older.pub,',
        PREVIOUS_SECRET_KEYS: `${'a'.repeat(32)},${'b'.repeat(32)}`,
      }).tokens;
      expect(keys).toEqual({
        signing: { algorithm, keyFile: 'keys/new.pem' },
        verificationKeyFiles: ['keys/old.pem', 'keys/older.pub'],
        previousSecretKeys: ['a'.repeat(32), 'b'.repeat(32)],
      });
      expect(problemsOf({ ...complete, ALGORITHM: algorithm })).toContain('SIGNING_KEY_FILE is missing');
    },
  );

  it('refuses a signing key file that would not sign', () => {
    expect(problemsOf({ ...complete, SIGNING_KEY_FILE: 'keys/new.pem' })).toContain(
      'SIGNING_KEY_FILE needs ALGORITHM=EdDSA or RS256',
    );
  });

  it.each([
    ['API_PORT', 'eighty'],
    ['API_PORT', '70000'],
    ['GRAPHQL_DEPTH_LIMIT', '0'],
    ['TENANT_CLIENT_CAPACITY', '1.5'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/path'],
    ['ALLOWED_ORIGINS entry 2', 'https://app.example.com,https://*.com'],
    ['ALLOWED_HEADERS', '*'],
    ['ALLOWED_HEADERS', 'x-one, x two'],
    ['HTTP_KEEP_ALIVE_SECONDS', '0'],
    ['REDIS_URL', 'http://redis'],
    ['CENTRAL_ADMIN_DATABASE_URL', 'mysql://db/central'],
    ['CREDENTIALS_ENCRYPTION_KEY', 'c2hvcnQ='],
    ['LOG_FORMAT', 'xml'],
    ['DEBUG', 'perhaps'],
    ['ALGORITHM', 'none'],
    ['ALGORITHM', 'hs256'],
    ['ALGORITHM', 'ES256'],
    ['PREVIOUS_SECRET_KEYS', 'short'],
    ['PREVIOUS_SECRET_KEYS', `${'k'.repeat(40)},short`],
  ])('refuses %s=%s and names the variable', (name, value) => {
    const [variable = ''] = name.split(' ');
    expect(problemsOf({ ...complete, [variable]: value })).toContain(name);
  });

  it.each([
    [{ VAULT_URL: 'https://vault:8200' }, 'VAULT_TOKEN or VAULT_KUBERNETES_ROLE must be set'],
    [{ VAULT_URL: 'https://vault:8200', VAULT_TOKEN: 't', VAULT_KUBERNETES_ROLE: 'r' }, 'VAULT_TOKEN or'],
    [{ CREDENTIALS_STORE: 'vault' }, 'VAULT_URL is missing: CREDENTIALS_STORE=vault needs it'],
    [{ VAULT_URL: 'vault:8200', VAULT_TOKEN: 't' }, 'VAULT_URL must be a URL'],
    [{ VAULT_MOUNT: '../sys' }, 'VAULT_MOUNT must be a path in Vault'],
    [{ PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS: 'short' }, 'PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS must be'],
  ])('refuses %j', (variables, problem) => {
    expect(problemsOf({ ...complete, ...variables })).toContain(problem);
    expect(problemsOf({ ...variables })).not.toContain('undefined');
  });

  it('knows where tenants’ passwords are, and how to get them', () => {
    const previous = Buffer.alloc(32, 8);
    const { secrets } = readServerConfiguration({
      ...complete,
      PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS: `${previous.toString('base64')}, ${previous.toString('base64')}`,
      CREDENTIALS_STORE: 'vault',
      VAULT_URL: 'https://vault:8200',
      VAULT_KUBERNETES_ROLE: 'cxg-api',
    });
    expect(secrets).toMatchObject({
      encryptionKey: Buffer.alloc(32, 7),
      previousEncryptionKeys: [previous, previous],
      store: 'vault',
      vault: {
        mount: 'secret',
        timeoutSeconds: 5,
        cacheSeconds: 300,
        login: { method: 'kubernetes', role: 'cxg-api' },
      },
    });
    expect(readServerConfiguration(complete).secrets).toMatchObject({ store: 'database', vault: undefined });
  });

  it('never quotes a value in its complaint', () => {
    const message = problemsOf({
      ...complete,
      SECRET_KEY: 'tiny-secret',
      PREVIOUS_SECRET_KEYS: 'tiny-secret',
      SIGNING_KEY_FILE: 'tiny-secret',
      API_PORT: 'eighty',
    });
    expect(message).not.toContain('tiny-secret');
    expect(message).not.toContain('hunter2secret');
  });

  it('turns debugging off in production unless it is asked for', () => {
    expect(readServerConfiguration({ ...complete, ENVIRONMENT: 'production' }).debug).toBe(false);
    expect(readServerConfiguration({ ...complete, ENVIRONMENT: 'production', DEBUG: 'true' }).debug).toBe(
      true,
    );
  });
});

describe('URLs and files for TLS', () => {
  it.each(['CENTRAL_ADMIN_DATABASE_URL', 'TENANT_ADMIN_DATABASE_URL'])(
    'names %s when its password has to be encoded',
    (name) => {
      const message = problemsOf({ ...complete, [name]: 'postgresql://admin:hunter#2secret@db/central' });
      expect(message).toMatch(new RegExp(`${name} can't be used: characters such as # .* # as %23`));
      expect(message).not.toContain('hunter');
    },
  );

  it.each([
    ['REDIS_URL', 'redis://:hunter#2secret@redis:6379/0'],
    ['REDIS_URL', 'rediss://:hunter/2secret@redis:6379/0'],
    ['REDIS_URL', 'redis://:hunter%2@redis:6379/0'],
    ['VAULT_URL', 'https://vault#hunter:8200'],
  ])('says what to encode in %s=%s', (name, url) => {
    const message = problemsOf({ ...complete, VAULT_TOKEN: 't', VAULT_URL: 'https://vault', [name]: url });
    expect(message).toMatch(new RegExp(`${name} can't be used: characters such as # .* # as %23`));
    expect(message).not.toContain('hunter');
  });

  it.each([
    ['REDIS_URL', 'http://redis', 'must be a URL that starts with redis:// or rediss://'],
    ['VAULT_URL', 'https://token@vault', 'must have neither a user nor a ?'],
    ['REDIS_CACERT', 'ca.pem', 'must be an absolute path'],
    ['REDIS_CLIENT_CERT', '/c.pem', 'REDIS_CLIENT_KEY is missing: REDIS_CLIENT_CERT needs it'],
    ['VAULT_CLIENT_KEY', '/c.pem', 'VAULT_CLIENT_CERT is missing: VAULT_CLIENT_KEY needs it'],
    ['TENANT_DATABASE_SSLMODE', 'no-verify', 'TENANT_DATABASE_SSLMODE must be one of disable, allow'],
    [
      'TENANT_DATABASE_SSLCERT',
      '/c.pem',
      'TENANT_DATABASE_SSLKEY is missing: TENANT_DATABASE_SSLCERT needs it',
    ],
  ])('refuses %s=%s', (name, value, problem) => {
    expect(
      problemsOf({ ...complete, VAULT_TOKEN: 't', VAULT_URL: 'https://vault', [name]: value }),
    ).toContain(problem);
  });

  it.each([
    ['REDIS_CACERT', { REDIS_URL: 'redis://redis' }, 'needs a REDIS_URL that starts with rediss://'],
    [
      'VAULT_CACERT',
      { VAULT_URL: 'http://vault', VAULT_TOKEN: 't' },
      'needs a VAULT_URL that starts with https://',
    ],
  ])('does not take %s for a connection without TLS', (name, urls, problem) => {
    expect(problemsOf({ ...complete, ...urls, [name]: '/ca.pem' })).toContain(`${name} ${problem}`);
  });
});

describe("the central migration's configuration", () => {
  const { CENTRAL_ADMIN_DATABASE_URL } = complete;
  const ownerUrl = 'postgresql://owner:hunter2secret@db:5432/central_admin';

  it.each([
    ['the owner that is named', ownerUrl, 'owner', 'CENTRAL_MIGRATION_DATABASE_URL'],
    ['the one role, when no owner is named', '', 'admin', 'CENTRAL_ADMIN_DATABASE_URL'],
  ])('migrates as %s', (_who, CENTRAL_MIGRATION_DATABASE_URL, user, variable) => {
    expect(
      readCentralMigrationConfiguration({ CENTRAL_ADMIN_DATABASE_URL, CENTRAL_MIGRATION_DATABASE_URL }),
    ).toMatchObject({ owner: { user, variable, database: 'central_admin' }, application: 'admin' });
  });

  it('refuses an owner that is no database URL, without quoting it', () => {
    const environment = {
      CENTRAL_ADMIN_DATABASE_URL,
      CENTRAL_MIGRATION_DATABASE_URL: 'mysql://hunter2secret',
    };
    expect(() => readCentralMigrationConfiguration(environment)).toThrow(
      /^(?!.*hunter2).*CENTRAL_MIGRATION_DATABASE_URL can't be used: it must start with/s,
    );
  });
});

describe('what scripts read', () => {
  it.each([
    ['', false],
    ['test', false],
    ['production', true],
  ])('says with ENVIRONMENT=%s that it is production: %s', (ENVIRONMENT, expected) => {
    expect(isProduction({ ENVIRONMENT })).toBe(expected);
    expect(readFleetConfiguration({ ...complete, ENVIRONMENT }).environment === 'production').toBe(expected);
  });

  it.each(['Production', 'prod', 'staging'])('is no environment called %s', (ENVIRONMENT) => {
    expect(() => isProduction({ ENVIRONMENT })).toThrow(/ENVIRONMENT/);
    expect(() => readFleetConfiguration({ ...complete, ENVIRONMENT })).toThrow(/ENVIRONMENT/);
  });

  it('names the operator, or the account that has become root by sudo', () => {
    const isRoot = process.getuid?.() === 0;
    expect(readOperator({ OPERATOR: '김 운영', SUDO_USER: 'somebody' })).toBe('김 운영');
    expect(readOperator({ OPERATOR: ' ', SUDO_USER: 'somebody' })).toBe(isRoot ? 'somebody' : undefined);
    expect(readOperator({})).toBeUndefined();
  });
});
