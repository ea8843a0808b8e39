import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type DirectoryTenant, directoryTenantSchema } from './tenant.ts';

/** A tenant as processes share it, through a cache that others can write to as well. */
export interface DirectoryEntry {
  readonly tenant: DirectoryTenant;
  /**
   * The time at which the tenant's row was read, in milliseconds by the clock of the reading process. Stated in the
   * entry, because whoever has an old entry can store it again.
   */
  readonly readAt: number;
}

/** Tells the fleet's own directory entries from those that somebody else has put into the cache. */
export interface DirectorySeal {
  /** Seals an entry for its tenant's key alone. */
  seal(entry: DirectoryEntry): string;
  /**
   * Opens an entry that is stored under that key.
   * @returns `forged` when it is not the fleet's or not for that key, and null when it is of another version.
   */
  open(tenantKey: string, text: string): DirectoryEntry | 'forged' | null;
}

/** Separates these keys from all others that are derived from the same secret. */
const keyLabel = 'cxg-graphql-api/tenant-directory/v1';
const keyBytes = 32;

const entrySchema = z
  .string()
  .transform((text, issues) => {
    try {
      return JSON.parse(text);
    } catch {
      issues.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ tenant: directoryTenantSchema, readAt: z.number() }));

/**
 * Authenticates entries by HMAC-SHA-256. The keys are derived from those that encrypt the tenants' credentials, which
 * the cache does not have. An entry is `v1.<code>.<JSON>`; the code covers the tenant key that it was written for.
 */
export function createDirectorySeal({
  encryptionKey,
  previousEncryptionKeys,
}: {
  readonly encryptionKey: Uint8Array;
  readonly previousEncryptionKeys: readonly Uint8Array[];
}): DirectorySeal {
  const sealingKey = deriveKey(encryptionKey);
  const keys = [sealingKey, ...previousEncryptionKeys.map(deriveKey)];

  return {
    seal(entry) {
      const text = JSON.stringify(entry);
      return `v1.${codeOf(sealingKey, entry.tenant.tenantKey, text).toString('base64url')}.${text}`;
    },
    open(tenantKey, sealed) {
      const [, code = '', text = ''] = /^v1\.([A-Za-z0-9_-]{43})\.(.*)$/s.exec(sealed) ?? [];
      const found = Buffer.from(code, 'base64url');
      if (!keys.some((key) => isSame(codeOf(key, tenantKey, text), found))) return 'forged';
      const entry = entrySchema.safeParse(text).data;
      if (!entry) return null;
      return entry.tenant.tenantKey === tenantKey ? entry : 'forged';
    },
  };
}

function deriveKey(secret: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', keyLabel, keyBytes));
}

/** Unambiguous, since tenant keys contain no line break. */
function codeOf(key: Buffer, tenantKey: string, text: string): Buffer {
  return createHmac('sha256', key).update(`${tenantKey}\n${text}`).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
