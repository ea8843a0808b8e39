import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newRowId } from '../../../src/db/row-ids.ts';
import {
  dataKeyOf,
  openValue,
  SealedValueError,
  sealingKeyOf,
  sealValue,
} from '../../../src/db/sealed-columns.ts';

const key = dataKeyOf(randomBytes(32));
const place = { table: 'hrm.employees', column: 'bankAccountSealed', rowId: newRowId() };
const value = '국민은행 123456-01-234567';

describe('a sealed value', () => {
  it('opens at its place, names its key, and is another text each time', () => {
    const sealed = sealValue(key, 1, place, value);
    expect(openValue(key, 1, place, sealed)).toBe(value);
    expect(sealingKeyOf(place, sealed)).toBe(key.id);
    expect(sealValue(key, 1, place, value)).not.toBe(sealed);
  });

  it.each([
    ['another tenant', 2, {}],
    ['another table', 1, { table: 'hrm.people' }],
    ['another column', 1, { column: 'homeAddressSealed' }],
    ['another row', 1, { rowId: newRowId() }],
  ])('does not open for %s', (_what, tenantId, other) => {
    const sealed = sealValue(key, 1, place, value);
    expect(() => openValue(key, tenantId, { ...place, ...other }, sealed)).toThrow(SealedValueError);
  });

  it('does not open with another key', () => {
    const other = dataKeyOf(randomBytes(32));
    expect(() => openValue(other, 1, place, sealValue(key, 1, place, value))).toThrow(SealedValueError);
  });

  it('does not open when any character has changed, and its error has neither value nor key', () => {
    const sealed = sealValue(key, 1, place, value);
    for (let index = 0; index < sealed.length; index++) {
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'b' ? 'c' : 'b'}${sealed.slice(index + 1)}`;
      const open = () => openValue(key, 1, place, changed);
      expect(open, `character ${index}`).toThrow(SealedValueError);
      expect(open).toThrow(
        new RegExp(`^hrm\\.employees\\.bankAccountSealed of the row ${place.rowId} does not open`),
      );
    }
  });

  it.each(['', value, 's1.', 's2.00000000.AAAA', 's1.00000000.AAAA'])('is not the text %j', (text) => {
    expect(() => openValue(key, 1, place, text)).toThrow(SealedValueError);
  });
});

it('ids of rows are UUIDs of version 7 that begin with the time', () => {
  const first = newRowId();
  expect(first).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(Number.parseInt(first.replace('-', '').slice(0, 12), 16)).toBeLessThanOrEqual(Date.now());
  expect(newRowId()).not.toBe(first);
});
