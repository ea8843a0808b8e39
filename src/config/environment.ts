import proxyAddress from 'proxy-addr';
import { z } from 'zod';
import type { TlsFiles } from '../tls/secure-contexts.ts';
import { describeOriginFault } from './allowed-origins.ts';
import { DatasourceUrlError, parseDatasourceUrl } from './datasource.ts';
import { type Environment, environmentSources, processEnvironment } from './process-environment.ts';
import { pathSchema, tlsParts, tlsSettingsSchema } from './tls-settings.ts';
import { encodingHint, parseExactUrl } from './url-faults.ts';

/** The environment is missing something or holds something that can't be right; the message names each variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A blank variable means the same as an absent one: `REDIS_URL=` in an env file turns Redis off. */
const blankIsAbsent = (value: unknown) =>
  typeof value === 'string' && value.trim() === '' ? undefined : value;

const optional = <T extends z.ZodType>(type: T) => z.preprocess(blankIsAbsent, type.optional());
const defaulted = <T extends z.ZodType>(type: T, fallback: z.input<T>) =>
  z.preprocess((value) => blankIsAbsent(value) ?? fallback, type);
const required = <T extends z.ZodType>(type: T) => z.preprocess(blankIsAbsent, type);

const wholeNumber = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);

const urlOf = (...protocols: readonly string[]) =>
  z.string('is missing').superRefine((value, issues) => {
    const starts = protocols.map((protocol) => `${protocol}//`);
    if (!starts.some((start) => value.toLowerCase().startsWith(start))) {
      issues.addIssue(`must be a URL that starts with ${starts.join(' or ')}`);
    } else if (!parseExactUrl(value)) issues.addIssue(`can't be used: ${encodingHint}`);
  });

const areProxies = (entries: readonly string[]) => {
  try {
    proxyAddress.compile([...entries]);
    return true;
  } catch {
    return false;
  }
};

const postgresUrl = z.string('is missing').superRefine((value, issues) => {
  try {
    parseDatasourceUrl(value);
  } catch (error) {
    issues.addIssue(
      `can't be used: ${error instanceof DatasourceUrlError ? error.message : 'it is not a URL'}`,
    );
  }
});

const commaSeparated = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Reports each fault by the entry's position in the list, without its value. */
const origins = commaSeparated.superRefine((entries, issues) => {
  for (const [index, entry] of entries.entries()) {
    const fault = describeOriginFault(entry);
    if (fault !== null) issues.addIssue(`entry ${index + 1} ${fault}`);
  }
});

/** Our own applications, as they run on a developer's machine. */
const defaultOrigins: readonly string[] = ['http://localhost:8200', 'http://localhost:8300'];

/** RFC 9110, section 5.1, without `*`: where cookies are allowed, it stands only for itself, and so for nothing. */
const headerName = /^[!#$%&'+.^_`|~0-9A-Za-z-]+$/;

/** Where an engine or a way to log in is mounted. */
const vaultMount = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'must be a path in Vault such as secret or kv/apps');

const encryptionKeyFormat = /^[A-Za-z0-9+/]{43}=$/;

/** Keys printed in documentation are known to everybody. */
const publishedSecrets = [
  'your-secret-key-change-in-production-min-32-chars',
  'change-this-to-a-random-secret-key-min-32-chars',
];
const publishedSecretError =
  'is an example from the documentation: use random characters, e.g. from `openssl rand -base64 48`';

const secretKeyLength = 32;

const loggingVariables = {
  LOG_LEVEL: defaulted(
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
    'info',
  ),
  LOG_FORMAT: defaulted(z.enum(['json', 'text']), 'json'),
};

/** The use of TLS for new tenants' databases, unless a request says otherwise. */
const tenantTlsVariables = {
  TENANT_DATABASE_SSLMODE: optional(tlsParts.sslmode),
  TENANT_DATABASE_SSLROOTCERT: optional(tlsParts.sslrootcert),
  TENANT_DATABASE_SSLCERT: optional(tlsParts.sslcert),
  TENANT_DATABASE_SSLKEY: optional(tlsParts.sslkey),
};

const planLimitsSchema = z.object({
  concurrency: z.int().min(1).max(100),
  statementTimeoutSeconds: z.int().min(1).max(600),
});

/** The defaults are for companies of under 50 people, few of whom ever work at the same moment. */
const planLimits = z
  .string()
  .transform((text, issues) => {
    try {
      return JSON.parse(text);
    } catch {
      issues.addIssue('must be JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject({
      starter: planLimitsSchema.default({ concurrency: 3, statementTimeoutSeconds: 10 }),
      pro: planLimitsSchema.default({ concurrency: 5, statementTimeoutSeconds: 15 }),
      enterprise: planLimitsSchema.default({ concurrency: 10, statementTimeoutSeconds: 30 }),
    }),
  );

/** What every process that works on tenants needs: the scripts and the server alike. */
const fleetVariables = {
  ...loggingVariables,
  CENTRAL_ADMIN_DATABASE_URL: required(postgresUrl),
  TENANT_ADMIN_DATABASE_URL: optional(postgresUrl),
  ...tenantTlsVariables,
  TENANT_DATABASE_REQUIRE_TLS: defaulted(z.stringbool(), 'false'),
  CREDENTIALS_ENCRYPTION_KEY: required(
    z
      .string('is missing: 32 random bytes in base64, e.g. from `openssl rand -base64 32`')
      .refine((value) => encryptionKeyFormat.test(value), {
        error: 'must be 32 bytes in base64, e.g. from `openssl rand -base64 32`',
      }),
  ),
  REDIS_URL: optional(
    urlOf('redis:', 'rediss:').refine(
      // The library takes any other for an option of its own: ?tls= turns TLS off.
      (value) => !/\?(?!(?:family|db)=\d+(?:&(?:family|db)=\d+)*$)/.test(value),
      'must have no parameters but family and db',
    ),
  ),
  REDIS_CACERT: optional(pathSchema),
  REDIS_CLIENT_CERT: optional(pathSchema),
  REDIS_CLIENT_KEY: optional(pathSchema),
  REDIS_CACHE_TTL: defaulted(wholeNumber(1, 86_400), 300),
  TENANT_DIRECTORY_CACHE_TTL: defaulted(wholeNumber(1, 3_600), 30),
  PLAN_LIMITS: defaulted(planLimits, '{}'),
  TENANT_CONNECTION_POOL_SIZE: defaulted(wholeNumber(1, 100), 5),
  PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS: defaulted(commaSeparated, '').refine(
    (keys) => keys.every((key) => encryptionKeyFormat.test(key)),
    { error: 'must be a comma-separated list of keys of 32 bytes in base64 each' },
  ),
  CREDENTIALS_STORE: defaulted(z.enum(['database', 'vault']), 'database'),
  VAULT_URL: optional(
    urlOf('http:', 'https:').refine((value) => !/[?@]/.test(value), 'must have neither a user nor a ?'),
  ),
  VAULT_CACERT: optional(pathSchema),
  VAULT_CLIENT_CERT: optional(pathSchema),
  VAULT_CLIENT_KEY: optional(pathSchema),
  VAULT_TOKEN: optional(z.string()),
  VAULT_KUBERNETES_ROLE: optional(z.string()),
  VAULT_KUBERNETES_MOUNT: defaulted(vaultMount, 'kubernetes'),
  VAULT_KUBERNETES_TOKEN_FILE: defaulted(z.string(), '/var/run/secrets/kubernetes.io/serviceaccount/token'),
  VAULT_NAMESPACE: optional(z.string()),
  VAULT_MOUNT: defaulted(vaultMount, 'secret'),
  VAULT_TIMEOUT: defaulted(wholeNumber(1, 60), 5),
  VAULT_CACHE_TTL: defaulted(wholeNumber(1, 86_400), 300),
};

type FleetVariables = z.output<z.ZodObject<typeof fleetVariables>>;

/** What has to fit together among the variables of a fleet. */
const fitsTogether = <T extends FleetVariables>(type: z.ZodType<T>) =>
  type
    .superRefine((read, issues) => {
      for (const { path, message } of tenantTlsSchema.safeParse(tenantTlsOf(read)).error?.issues ?? []) {
        issues.addIssue({
          code: 'custom',
          path: [`TENANT_DATABASE_${path.join('.').toUpperCase()}`],
          message: message.replace(/\bssl[a-z]+/g, (part) => `TENANT_DATABASE_${part.toUpperCase()}`),
        });
      }
    })
    .superRefine((read, issues) => {
      for (const [service, isEncrypted] of [
        ['REDIS', /^rediss:/i.test(read.REDIS_URL ?? 'rediss:')],
        ['VAULT', /^https:/i.test(read.VAULT_URL ?? 'https:')],
      ] as const) {
        for (const [name, problem] of fileProblems(read, service, isEncrypted)) {
          issues.addIssue({ code: 'custom', path: [name], message: problem });
        }
      }
    })
    .refine((read) => read.CREDENTIALS_STORE === 'database' || read.VAULT_URL !== undefined, {
      path: ['VAULT_URL'],
      error: 'is missing: CREDENTIALS_STORE=vault needs it',
    })
    .refine(
      (read) =>
        read.VAULT_URL === undefined ||
        (read.VAULT_TOKEN === undefined) !== (read.VAULT_KUBERNETES_ROLE === undefined),
      {
        path: ['VAULT_TOKEN'],
        error: 'or VAULT_KUBERNETES_ROLE must be set when VAULT_URL is, and not both',
      },
    );

/** The files for TLS with Redis or Vault. Named for a connection without TLS, they would protect nothing. */
function fileProblems(
  read: FleetVariables,
  service: 'REDIS' | 'VAULT',
  isEncrypted: boolean,
): readonly (readonly [string, string])[] {
  const names = [`${service}_CACERT`, `${service}_CLIENT_CERT`, `${service}_CLIENT_KEY`] as const;
  const [, cert, key] = names;
  const needed = `needs a ${service}_URL that starts with ${service === 'REDIS' ? 'rediss' : 'https'}://`;
  if (!isEncrypted) return names.filter((name) => read[name] !== undefined).map((name) => [name, needed]);
  if ((read[cert] === undefined) === (read[key] === undefined)) return [];
  return read[key] === undefined
    ? [[key, `is missing: ${cert} needs it`]]
    : [[cert, `is missing: ${key} needs it`]];
}

/** The files of a TLS client, as its variables name them. */
function tlsFilesOf(read: FleetVariables, service: 'REDIS' | 'VAULT'): TlsFiles {
  const file = (setting: `${typeof service}_${'CACERT' | 'CLIENT_CERT' | 'CLIENT_KEY'}`) => {
    const path = read[setting];
    return path === undefined ? undefined : { setting, path };
  };
  return {
    ca: file(`${service}_CACERT`),
    cert: file(`${service}_CLIENT_CERT`),
    key: file(`${service}_CLIENT_KEY`),
  };
}

const serverVariables = {
  ...fleetVariables,
  ENVIRONMENT: defaulted(z.enum(['development', 'test', 'production']), 'development'),
  DEBUG: optional(z.stringbool()),
  API_HOST: defaulted(z.string(), '0.0.0.0'),
  API_PORT: defaulted(wholeNumber(0, 65_535), 8100),
  PREVIOUS_SECRET_KEYS: defaulted(commaSeparated, '').refine(
    (secrets) => secrets.every((secret) => secret.length >= secretKeyLength),
    { error: `must be a comma-separated list of keys of at least ${secretKeyLength} characters each` },
  ),
  VERIFICATION_KEY_FILES: defaulted(commaSeparated, ''),
  TOKEN_ISSUER: defaulted(z.string().trim(), 'cxg-graphql-api'),
  TOKEN_AUDIENCE: defaulted(z.string().trim(), 'cxg-graphql-api'),
  ACCESS_TOKEN_EXPIRE_MINUTES: defaulted(wholeNumber(1, 24 * 60), 15),
  REFRESH_TOKEN_EXPIRE_DAYS: defaulted(wholeNumber(1, 365), 7),
  TOKEN_CLOCK_TOLERANCE_SECONDS: defaulted(wholeNumber(0, 300), 30),
  LOGIN_FAILURE_LIMIT: defaulted(wholeNumber(1, 100), 5),
  LOGIN_LOCK_MINUTES: defaulted(wholeNumber(1, 24 * 60), 15),
  LOGIN_ADDRESS_FAILURE_LIMIT: defaulted(wholeNumber(1, 100_000), 50),
  SESSION_CACHE_TTL: defaulted(wholeNumber(1, 300), 10),
  TRUSTED_PROXIES: defaulted(commaSeparated, '').refine(areProxies, {
    error:
      'must be a comma-separated list of addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
  }),
  ALLOWED_ORIGINS: optional(origins),
  ALLOWED_HEADERS: defaulted(commaSeparated, '').refine(
    (names) => names.every((name) => headerName.test(name)),
    { error: 'must be a comma-separated list of names of HTTP headers, without *' },
  ),
  HTTP_KEEP_ALIVE_SECONDS: defaulted(wholeNumber(1, 3_600), 75),
  EVENT_LOOP_DELAY_TARGET_MS: defaulted(wholeNumber(1, 1_000), 5),
  REQUEST_WAIT_LIMIT_MS: defaulted(wholeNumber(100, 30_000), 2_000),
  REQUEST_BODY_LIMIT_BYTES: defaulted(wholeNumber(1_024, 100 * 1_024 * 1_024), 1_048_576),
  GRAPHQL_DEPTH_LIMIT: defaulted(wholeNumber(1, 100), 10),
  GRAPHQL_COMPLEXITY_LIMIT: defaulted(wholeNumber(1, 1_000_000), 1_000),
  GRAPHQL_TOKEN_LIMIT: defaulted(wholeNumber(100, 100_000), 2_000),
  RESPONSE_CACHE_TTL: defaulted(wholeNumber(0, 86_400), 300),
  TENANT_CLIENT_CAPACITY: defaulted(wholeNumber(1, 10_000), 200),
  CONNECTION_BUDGET: optional(wholeNumber(1, 10_000)),
  TENANT_CONNECTION_CACHE_TTL: defaulted(wholeNumber(1, 7 * 86_400), 3_600),
  TENANT_CONNECTION_TIMEOUT: defaulted(wholeNumber(1, 60), 10),
  METRICS_TOKEN: optional(z.string().min(16, 'must have at least 16 characters')),
};

const secretKey = z
  .string(`is missing: at least ${secretKeyLength} random characters, e.g. from \`openssl rand -base64 48\``)
  .min(
    secretKeyLength,
    `is too short: use at least ${secretKeyLength} random characters, e.g. from \`openssl rand -base64 48\``,
  );

/** Which variable holds the key that signs depends on the algorithm. */
const signingVariables = z.preprocess(
  (environment: Environment) => ({
    ...environment,
    ALGORITHM: blankIsAbsent(environment.ALGORITHM) ?? 'HS256',
  }),
  z.discriminatedUnion(
    'ALGORITHM',
    [
      z.object({
        ALGORITHM: z.literal('HS256'),
        SECRET_KEY: required(secretKey),
        // Otherwise who forgets ALGORITHM believes to be signing with the file.
        SIGNING_KEY_FILE: optional(
          z.undefined('needs ALGORITHM=EdDSA or RS256; with HS256 it belongs in VERIFICATION_KEY_FILES'),
        ),
      }),
      z.object({
        ALGORITHM: z.enum(['EdDSA', 'RS256']),
        SIGNING_KEY_FILE: required(z.string('is missing: the PEM file of the private key that signs')),
      }),
    ],
    { error: 'must be HS256, EdDSA or RS256' },
  ),
);

/** What the scripts read: where the central database is, how credentials are encrypted, who must hear of changes. */
export type FleetConfiguration = ReturnType<typeof readFleetConfiguration>;
/** What the server reads. */
export type ServerConfiguration = ReturnType<typeof readServerConfiguration>;

/** The variables in which a server and the scripts beside it have to agree. */
export const sharedVariables: readonly string[] = [
  ...Object.keys(fleetVariables).filter((name) => !(name in loggingVariables)),
  'CENTRAL_MIGRATION_DATABASE_URL',
];

/**
 * Reads the variables that the scripts need.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function readFleetConfiguration(environment: Environment = processEnvironment()) {
  const variables = parse(
    fitsTogether(z.object({ ...fleetVariables, ENVIRONMENT: serverVariables.ENVIRONMENT })),
    environment,
  );
  return { ...fleetConfiguration(variables), environment: variables.ENVIRONMENT };
}

/**
 * Reads the variables that the server needs.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function readServerConfiguration(environment: Environment = processEnvironment()) {
  const variables = parse(
    fitsTogether(z.intersection(z.object(serverVariables), signingVariables))
      .refine((read) => read.ENVIRONMENT !== 'production' || !isPublished(signingSecretOf(read)), {
        path: ['SECRET_KEY'],
        error: publishedSecretError,
      })
      .refine((read) => read.ENVIRONMENT !== 'production' || !read.PREVIOUS_SECRET_KEYS.some(isPublished), {
        path: ['PREVIOUS_SECRET_KEYS'],
        error: publishedSecretError,
      }),
    environment,
  );
  return {
    ...fleetConfiguration(variables),
    environment: variables.ENVIRONMENT,
    debug: variables.DEBUG ?? variables.ENVIRONMENT !== 'production',
    host: variables.API_HOST,
    port: variables.API_PORT,
    tokens: {
      keys: {
        signing:
          variables.ALGORITHM === 'HS256'
            ? { algorithm: variables.ALGORITHM, secretKey: variables.SECRET_KEY }
            : { algorithm: variables.ALGORITHM, keyFile: variables.SIGNING_KEY_FILE },
        previousSecretKeys: variables.PREVIOUS_SECRET_KEYS,
        verificationKeyFiles: variables.VERIFICATION_KEY_FILES,
      },
      issuer: variables.TOKEN_ISSUER,
      audience: variables.TOKEN_AUDIENCE,
      accessTokenSeconds: variables.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
      refreshTokenSeconds: variables.REFRESH_TOKEN_EXPIRE_DAYS * 86_400,
      clockToleranceSeconds: variables.TOKEN_CLOCK_TOLERANCE_SECONDS,
    },
    lockout: {
      failureLimit: variables.LOGIN_FAILURE_LIMIT,
      addressFailureLimit: variables.LOGIN_ADDRESS_FAILURE_LIMIT,
      lockSeconds: variables.LOGIN_LOCK_MINUTES * 60,
    },
    sessionCacheSeconds: variables.SESSION_CACHE_TTL,
    trustedProxies: variables.TRUSTED_PROXIES,
    allowedOrigins: variables.ALLOWED_ORIGINS ?? defaultOrigins,
    allowsLoopbackOrigins: variables.ALLOWED_ORIGINS === undefined && variables.ENVIRONMENT === 'development',
    allowedHeaders: variables.ALLOWED_HEADERS,
    keepAliveSeconds: variables.HTTP_KEEP_ALIVE_SECONDS,
    requestTurns: {
      delayTargetMilliseconds: variables.EVENT_LOOP_DELAY_TARGET_MS,
      waitMilliseconds: variables.REQUEST_WAIT_LIMIT_MS,
    },
    requestBodyLimitBytes: variables.REQUEST_BODY_LIMIT_BYTES,
    graphqlLimits: {
      depth: variables.GRAPHQL_DEPTH_LIMIT,
      complexity: variables.GRAPHQL_COMPLEXITY_LIMIT,
      tokens: variables.GRAPHQL_TOKEN_LIMIT,
    },
    responseCacheSeconds: variables.RESPONSE_CACHE_TTL,
    tenantClients: {
      capacity: variables.TENANT_CLIENT_CAPACITY,
      idleSeconds: variables.TENANT_CONNECTION_CACHE_TTL,
    },
    tenantConnections: {
      budget: variables.CONNECTION_BUDGET,
      timeoutSeconds: variables.TENANT_CONNECTION_TIMEOUT,
    },
    metricsToken: variables.METRICS_TOKEN,
  };
}

function signingSecretOf(variables: z.output<typeof signingVariables>): string | undefined {
  return variables.ALGORITHM === 'HS256' ? variables.SECRET_KEY : undefined;
}

function isPublished(secret: string | undefined): boolean {
  return secret !== undefined && publishedSecrets.includes(secret);
}

function loggingConfiguration(variables: z.output<z.ZodObject<typeof loggingVariables>>) {
  return { level: variables.LOG_LEVEL, format: variables.LOG_FORMAT };
}

/** Undefined when nothing is said about it. */
const tenantTlsSchema = tlsSettingsSchema.optional();

function tenantTlsOf(variables: FleetVariables) {
  const given = Object.entries({
    sslmode: variables.TENANT_DATABASE_SSLMODE,
    sslrootcert: variables.TENANT_DATABASE_SSLROOTCERT,
    sslcert: variables.TENANT_DATABASE_SSLCERT,
    sslkey: variables.TENANT_DATABASE_SSLKEY,
  }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function fleetConfiguration(variables: FleetVariables) {
  return {
    logging: loggingConfiguration(variables),
    centralDatabaseUrl: variables.CENTRAL_ADMIN_DATABASE_URL,
    tenantAdminDatasource: {
      ...parseDatasourceUrl(variables.TENANT_ADMIN_DATABASE_URL ?? variables.CENTRAL_ADMIN_DATABASE_URL),
      variable: variables.TENANT_ADMIN_DATABASE_URL
        ? 'TENANT_ADMIN_DATABASE_URL'
        : 'CENTRAL_ADMIN_DATABASE_URL',
    },
    tenantTls: tenantTlsSchema.parse(tenantTlsOf(variables)),
    secrets: {
      encryptionKey: Buffer.from(variables.CREDENTIALS_ENCRYPTION_KEY, 'base64'),
      previousEncryptionKeys: variables.PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS.map((key) =>
        Buffer.from(key, 'base64'),
      ),
      store: variables.CREDENTIALS_STORE,
      requireTls: variables.TENANT_DATABASE_REQUIRE_TLS,
      vault: vaultConfiguration(variables),
    },
    redisUrl: variables.REDIS_URL,
    redisTls: tlsFilesOf(variables, 'REDIS'),
    redisCacheSeconds: variables.REDIS_CACHE_TTL,
    tenantDirectoryCacheSeconds: variables.TENANT_DIRECTORY_CACHE_TTL,
    tenantLimits: {
      planLimits: variables.PLAN_LIMITS,
      poolSize: variables.TENANT_CONNECTION_POOL_SIZE,
    },
  };
}

function vaultConfiguration(variables: FleetVariables) {
  if (variables.VAULT_URL === undefined) return undefined;
  return {
    url: variables.VAULT_URL,
    tls: tlsFilesOf(variables, 'VAULT'),
    namespace: variables.VAULT_NAMESPACE,
    mount: variables.VAULT_MOUNT,
    timeoutSeconds: variables.VAULT_TIMEOUT,
    cacheSeconds: variables.VAULT_CACHE_TTL,
    login:
      variables.VAULT_KUBERNETES_ROLE === undefined
        ? { method: 'token' as const, token: variables.VAULT_TOKEN ?? '' }
        : {
            method: 'kubernetes' as const,
            role: variables.VAULT_KUBERNETES_ROLE,
            mount: variables.VAULT_KUBERNETES_MOUNT,
            tokenFile: variables.VAULT_KUBERNETES_TOKEN_FILE,
          },
  };
}

function parse<T extends z.ZodType>(schema: T, environment: Environment): z.output<T> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  const remarks = environment === process.env ? describePlaceholders() : [];
  throw new ConfigurationError(
    ['Invalid configuration:', ...problems, ...remarks, 'See .env.example.'].join('\n'),
  );
}

/** Says which lines of `.env` don't count, so that nobody takes them for what was read. */
function describePlaceholders(): string[] {
  return environmentSources().placeholders.map(
    (name) => `${name} in .env is the example of .env.example, and is ignored: name your own there.`,
  );
}

/** The passwords that `provision-tenant` and `move-tenant` take from the environment rather than from their arguments. */
export function readProvisioningPasswords(environment: Environment = processEnvironment()) {
  const passwords = parse(
    z.object({
      DB_PASSWORD: optional(z.string()),
      DB_OWNER_PASSWORD: optional(z.string()),
      ADMIN_PASSWORD: optional(z.string()),
    }),
    environment,
  );
  return {
    dbPassword: passwords.DB_PASSWORD,
    dbOwnerPassword: passwords.DB_OWNER_PASSWORD,
    adminPassword: passwords.ADMIN_PASSWORD,
  };
}

/** The password that `create-manager` takes from the environment rather than from its arguments. */
export function readManagerPassword(environment: Environment = processEnvironment()) {
  return parse(z.object({ MANAGER_PASSWORD: optional(z.string()) }), environment).MANAGER_PASSWORD;
}

/** Returns whether this environment serves real people. @throws {ConfigurationError} for an invalid `ENVIRONMENT`. */
export function isProduction(environment: Environment = processEnvironment()): boolean {
  const variables = parse(z.object({ ENVIRONMENT: serverVariables.ENVIRONMENT }), environment);
  return variables.ENVIRONMENT === 'production';
}

/** Reads from the environment who runs a script: by name, or the account that has become root by `sudo`. */
export function readOperator(environment: Environment = processEnvironment()): string | undefined {
  const { OPERATOR } = parse(z.object({ OPERATOR: optional(z.string()) }), environment);
  return OPERATOR ?? (process.getuid?.() === 0 ? environment.SUDO_USER : undefined);
}

/** The password that `stress` signs in with; undefined when there is none. */
export function readStressPassword(environment: Environment = processEnvironment()): string | undefined {
  return parse(z.object({ STRESS_PASSWORD: optional(z.string()) }), environment).STRESS_PASSWORD;
}

/** Returns whether npm or another package manager is this process's parent: the script's shell has given way to us. */
export function isChildOfPackageManager(environment: Environment = process.env): boolean {
  return environment.npm_lifecycle_script?.startsWith('exec ') === true;
}

/** The environment to start a child process with. */
export function childEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}

/** Who migrates the central database, and who works in it: one role, unless the environment names two. */
export function readCentralMigrationConfiguration(environment: Environment = processEnvironment()) {
  const { CENTRAL_ADMIN_DATABASE_URL: applicationUrl, CENTRAL_MIGRATION_DATABASE_URL: ownerUrl } = parse(
    z.object({
      CENTRAL_ADMIN_DATABASE_URL: required(postgresUrl),
      CENTRAL_MIGRATION_DATABASE_URL: optional(postgresUrl),
    }),
    environment,
  );
  return {
    owner: {
      ...parseDatasourceUrl(ownerUrl ?? applicationUrl),
      variable: ownerUrl ? 'CENTRAL_MIGRATION_DATABASE_URL' : 'CENTRAL_ADMIN_DATABASE_URL',
    },
    application: parseDatasourceUrl(applicationUrl).user,
  };
}
