import { randomBytes } from 'node:crypto';
import type { SharedCache } from '../../src/cache/shared-cache.ts';
import type { CentralClient } from '../../src/db/central-client.ts';
import { createDirectorySeal } from '../../src/tenancy/directory-seal.ts';
import {
  createTenantDirectory,
  type TenantDirectory,
  type TenantDirectoryOptions,
} from '../../src/tenancy/tenant-directory.ts';

/** The seal that the directories of a test file share. */
const directorySeal = createDirectorySeal({
  encryptionKey: randomBytes(32),
  previousEncryptionKeys: [],
});

/** Opens the tenant directory as a separate process would. */
export function openDirectory(
  central: CentralClient,
  cache: SharedCache,
  options: Pick<TenantDirectoryOptions, 'freshSeconds' | 'staleSeconds'> & Partial<TenantDirectoryOptions>,
): TenantDirectory {
  return createTenantDirectory(central, cache, { seal: directorySeal, onForgery: () => {}, ...options });
}
