import { z } from 'zod';
import { section, variable } from './section.ts';
import { tlsFileFaults, tlsFiles } from './tls-files.ts';
import { is, optional, urlOf, wholeNumber } from './types.ts';

const vaultUrl = urlOf('http:', 'https:').refine(
  (value) => !/[?@]/.test(value),
  'must have neither a user nor a ?',
);

/** The path where an engine or a login method is mounted. */
const vaultMount = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'must be a path in Vault such as secret or kv/apps');

const variables = z.object({
  url: variable('VAULT_URL', optional(vaultUrl)),
  tls: tlsFiles('VAULT'),
  namespace: variable('VAULT_NAMESPACE', optional(z.string())),
  mount: variable('VAULT_MOUNT', vaultMount.prefault('secret')),
  timeoutSeconds: variable('VAULT_TIMEOUT', wholeNumber(1, 60).prefault(5)),
  cacheSeconds: variable('VAULT_CACHE_TTL', wholeNumber(1, 86_400).prefault(300)),
  token: variable('VAULT_TOKEN', optional(z.string())),
  kubernetes: z.object({
    role: variable('VAULT_KUBERNETES_ROLE', optional(z.string())),
    mount: variable('VAULT_KUBERNETES_MOUNT', vaultMount.prefault('kubernetes')),
    tokenFile: variable(
      'VAULT_KUBERNETES_TOKEN_FILE',
      z.string().prefault('/var/run/secrets/kubernetes.io/serviceaccount/token'),
    ),
  }),
  isStore: variable('CREDENTIALS_STORE', is('vault')),
});

/** Vault, where tenants' database passwords can be kept; undefined when there is none. */
export const vault = section(
  variables.superRefine(({ url, tls, token, kubernetes, isStore }, issues) => {
    for (const { file, message } of tlsFileFaults('VAULT', 'https', url, tls)) {
      issues.addIssue({ code: 'custom', path: ['tls', file], message });
    }
    if (url === undefined && isStore) {
      issues.addIssue({
        code: 'custom',
        path: ['url'],
        message: 'is missing: CREDENTIALS_STORE=vault needs it',
      });
    }
    if (url !== undefined && (token === undefined) === (kubernetes.role === undefined)) {
      issues.addIssue({
        code: 'custom',
        path: ['token'],
        message: 'or VAULT_KUBERNETES_ROLE must be set when VAULT_URL is, and not both',
      });
    }
  }),
  ({ url, token, kubernetes: { role, ...kubernetes }, isStore: _isStore, ...settings }) => {
    if (url === undefined) return { secrets: { vault: undefined } };
    const login =
      role === undefined
        ? { method: 'token' as const, token: token ?? '' }
        : { method: 'kubernetes' as const, role, ...kubernetes };
    return { secrets: { vault: { url, ...settings, login } } };
  },
);
