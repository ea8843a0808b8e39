import { expect, it } from 'vitest';
import {
  businessNumberSchema,
  currencySchema,
  textListSchema,
  webAddressSchema,
} from '../../../src/entities/text-schemas.ts';

const digits = Array.from({ length: 10 }, (_, digit) => digit);

it.each(['124-81-00998', '1248100998', ' 124-81-00998 ', '１２４－８１－００９９８'])(
  'the business registration number %s is stored as ten digits',
  (written) => expect(businessNumberSchema.parse(written)).toBe('1248100998'),
);

it('one last digit alone verifies the nine before it', () => {
  for (const start of ['124810099', '220811651', '000000000', '123456789', '999999999']) {
    const valid = digits.filter((last) => businessNumberSchema.safeParse(`${start}${last}`).success);
    expect([start, valid.length]).toEqual([start, 1]);
  }
});

it('a mistyped digit of a business registration number is found', () => {
  for (let place = 0; place < 10; place++) {
    const [...typed] = '1248100998';
    typed[place] = String((Number(typed[place]) + 1) % 10);
    expect([place, businessNumberSchema.safeParse(typed.join('')).success]).toEqual([place, false]);
  }
});

it.each(['', '124-8100998', '124-81-0099', '124-81-009988', '12-481-00998', '124 81 00998', 'ABCDEFGHIJ'])(
  'no business registration number is written %j',
  (written) => expect(businessNumberSchema.safeParse(written).success).toBe(false),
);

it('a currency is a code of ISO 4217 that is in use, in any case', () => {
  expect(['krw', ' USD ', 'Jpy'].map((code) => currencySchema.parse(code))).toEqual(['KRW', 'USD', 'JPY']);
  for (const wrong of ['', 'KR', 'WON', 'DEM', 'KRWW', '₩']) {
    expect([wrong, currencySchema.safeParse(wrong).success]).toEqual([wrong, false]);
  }
});

it('a web address is one of a page, without a password, and is stored as it is written', () => {
  const schema = webAddressSchema(255);
  for (const address of ['https://example.com', 'http://회사.한국/소개?a=1#b', 'HTTPS://example.com:8443/']) {
    expect(schema.parse(` ${address} `)).toBe(address);
  }
  for (const wrong of [
    'example.com',
    'javascript:alert(1)',
    'ftp://example.com',
    'https://',
    'https:///x',
    'https://a b.com',
    'https://user:secret@example.com',
    `https://example.com/${'x'.repeat(255)}`,
  ]) {
    expect([wrong, schema.safeParse(wrong).success]).toEqual([wrong, false]);
  }
});

it('a list of texts holds each once, trimmed, and so many at most', () => {
  const schema = textListSchema(3, 5);
  expect(schema.parse([' b ', 'a', 'b', 'a', 'c'])).toEqual(['b', 'a', 'c']);
  for (const wrong of [['a', 'b', 'c', 'd'], ['sixsix'], [''], ['a\0'], [null], null]) {
    expect([wrong, schema.safeParse(wrong).success]).toEqual([wrong, false]);
  }
});
