import { createHash } from 'node:crypto';
import { decryptText, encryptText } from './authenticated-encryption.ts';

/** The place of a value. Moved to any other place, it doesn't open. */
export interface SealedPlace {
  /** With its schema, e.g. `hrm.employees`. */
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
}

/** Encrypts and decrypts the sealed columns of one tenant. */
export interface Sealer {
  /**
   * Gets ready what {@link Sealer.seal} and {@link Sealer.open} need from elsewhere, so that no transaction has to wait
   * for it. Makes the tenant's first key.
   * @throws {ServiceUnavailableError} when the central database doesn't answer.
   * @throws {TenantUnavailableError} when the place of the tenant's secrets doesn't answer.
   */
  prepare(): Promise<void>;
  /** Encrypts a value for its place. @throws as {@link Sealer.prepare} does. */
  seal(place: SealedPlace, value: string): Promise<string>;
  /**
   * Decrypts the value of a place.
   * @throws {SealedValueError} when it was altered, is from another place, or its key is lost.
   * @throws as {@link Sealer.prepare} does.
   */
  open(place: SealedPlace, sealed: string): Promise<string>;
}

/** A key of a tenant's data. */
export interface DataKey {
  /** Stands in each value that the key has sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** A sealed value doesn't open. The message names its place, and neither the value nor the key. */
export class SealedValueError extends Error {
  override readonly name = 'SealedValueError';

  constructor({ table, column, rowId }: SealedPlace, reason: string) {
    super(`${table}.${column} of the row ${rowId} does not open: ${reason}.`);
  }
}

/** Identifies a key by the beginning of its hash, which does not reveal the key. */
export function dataKeyOf(bytes: Uint8Array): DataKey {
  const id = createHash('sha256').update('cxg-graphql-api/data-key/').update(bytes).digest('hex').slice(0, 8);
  return { id, bytes };
}

/** Encrypts a value. The result is `s1.<key id>.<base64url of nonce, tag and ciphertext>`. */
export function sealValue(key: DataKey, tenantId: number, place: SealedPlace, value: string): string {
  const bytes = encryptText(key.bytes, associatedText(key.id, tenantId, place), value);
  return `s1.${key.id}.${bytes.toString('base64url')}`;
}

/** Returns the id of the key that has sealed a value. @throws {SealedValueError} when it is no sealed value. */
export function sealingKeyOf(place: SealedPlace, sealed: string): string {
  return partsOf(place, sealed).keyId;
}

/** Decrypts a value with the key that has sealed it. @throws {SealedValueError} when it doesn't open. */
export function openValue(key: DataKey, tenantId: number, place: SealedPlace, sealed: string): string {
  const { keyId, bytes } = partsOf(place, sealed);
  const value = decryptText(key.bytes, associatedText(keyId, tenantId, place), bytes);
  if (value === null) throw new SealedValueError(place, 'it was altered, or copied from another place');
  return value;
}

function partsOf(place: SealedPlace, sealed: string): { readonly keyId: string; readonly bytes: Buffer } {
  const [, keyId, payload = ''] = /^s1\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/.exec(sealed) ?? [];
  const bytes = Buffer.from(payload, 'base64url');
  // The last character may have bits that say nothing: one text alone stands for these bytes.
  if (keyId === undefined || bytes.toString('base64url') !== payload) {
    throw new SealedValueError(place, 'it has an unknown format');
  }
  return { keyId, bytes };
}

/** Unambiguous, since only the last part may have a line break. */
function associatedText(keyId: string, tenantId: number, { table, column, rowId }: SealedPlace): string {
  return ['cxg-graphql-api/sealed-column/s1', keyId, tenantId, table, column, rowId].join('\n');
}
