import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  type ConflictDetails,
  type ConflictReason,
  conflictReasons,
  type ErrorCode,
  type ErrorDetails,
  errorCodes,
  fieldReasons,
} from '../../../src/errors/contract.ts';

const readText = (name: string) => readFile(new URL(`../../../${name}`, import.meta.url), 'utf8');

/** The keys of each code's extensions; the compiler holds them to the contract. */
const keysOfCodes = {
  UNAUTHENTICATED: {},
  TOKEN_EXPIRED: {},
  INVALID_CREDENTIALS: {},
  PASSWORD_CHANGE_REQUIRED: {},
  FORBIDDEN: {},
  TENANT_REQUIRED: {},
  TENANT_NOT_FOUND: {},
  TENANT_SUSPENDED: {},
  TENANT_UNAVAILABLE: { retryable: true, retryAfter: true },
  TENANT_BUSY: { retryable: true, retryAfter: true },
  TENANT_MISMATCH: { retryable: true },
  TENANT_OUTDATED: { retryable: true },
  VALIDATION_FAILED: { fields: true },
  CONFLICT: { reason: true },
  LAST_ADMINISTRATOR: {},
  SEAT_LIMIT_REACHED: { maxUsers: true },
  NOT_FOUND: {},
  RATE_LIMITED: { retryable: true, retryAfter: true },
  QUERY_INVALID: {},
  QUERY_TOO_COMPLEX: { limit: true, complexity: true },
  PERSISTED_QUERY_NOT_SUPPORTED: {},
  PAYLOAD_TOO_LARGE: { limit: true },
  UNSUPPORTED_MEDIA_TYPE: {},
  SERVICE_UNAVAILABLE: { retryable: true },
  INTERNAL_SERVER_ERROR: { requestId: true },
} as const satisfies {
  readonly [Code in ErrorCode]: Readonly<Record<keyof ErrorDetails[Code], true>>;
};

/** The same for the reasons of a conflict. */
const keysOfReasons = {
  TAKEN: { fields: true, duplicates: true },
  DUPLICATE: { duplicates: true },
  IN_USE: { dependents: true },
  STALE: { updatedAt: true },
  WRONG_STATE: { status: true },
  NOT_MIGRATED: { lacking: true, command: true },
} as const satisfies {
  readonly [Reason in ConflictReason]: Readonly<Record<keyof ConflictDetails[Reason], true>>;
};

/** The rows of the table below a heading of docs/clients.md: name, meaning, and names of the extensions. */
async function readTable(heading: string) {
  const text = await readText('docs/clients.md');
  const [, section = ''] = text.split(`\n${heading}\n`);
  const [part = ''] = section.split(/^#/m);
  return [...part.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|(?: ([^|]*)\|)?$/gm)].map(
    ([, name = '', meaning = '', keys = '']) => ({
      name,
      meaning,
      keys: [...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key).sort(),
    }),
  );
}

const rowsFor = (names: readonly string[], keys: Readonly<Record<string, object>>) =>
  names.map((name) => ({
    name,
    meaning: expect.stringMatching(/^[A-Z].*\.$/),
    keys: Object.keys(keys[name] ?? {}).sort(),
  }));

describe('the contract of errors', () => {
  it('can be copied into a client: it imports nothing', async () => {
    expect(await readText('src/errors/contract.ts')).not.toMatch(/^(import|export .* from)\b/m);
  });

  it('has every code in docs/clients.md, with its extensions, and no other', async () => {
    expect(await readTable('## Errors')).toEqual(rowsFor(errorCodes, keysOfCodes));
  });

  it('has every reason of a field in docs/clients.md, and no other', async () => {
    expect(await readTable('### Invalid fields')).toEqual(rowsFor(fieldReasons, {}));
  });

  it('has every reason of a conflict in docs/clients.md, with its extensions, and no other', async () => {
    expect(await readTable('### Conflicts')).toEqual(rowsFor(conflictReasons, keysOfReasons));
  });
});
