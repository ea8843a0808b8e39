import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  choice,
  code,
  date,
  decimal,
  type EntityField,
  integer,
  moment,
  optional,
  optionalPhone,
  optionalReference,
  text,
  toggle,
} from '../../../src/entities/fields.ts';
import { parseInput, ValidationFailedError } from '../../../src/errors/index.ts';

const description = 'A field.';

/** A field of each kind that every row has. */
const fields: Readonly<Record<string, EntityField>> = {
  text: text(10, { description }),
  code: code({ description }),
  toggle: toggle(true, { description }),
  date: date({ description }),
  moment: moment({ description }),
  integer: integer(0, 9, { description }),
  decimal: decimal(9, 2, { minimum: 0, description }),
  choice: choice({ OPEN: 'OPEN', ENDED: 'ENDED' }, { description }),
};

/** The reasons for which an input is refused, by field; none if it isn't. */
function reasonsFor(schema: z.ZodType, input: object): unknown {
  try {
    parseInput(schema, input, []);
    return [];
  } catch (error) {
    if (!(error instanceof ValidationFailedError)) throw error;
    return error.details.fields.map(({ path, reason }) => [...path, reason]);
  }
}

describe('a field that every row has', () => {
  it.each(Object.entries(fields))('is REQUIRED when it is null or missing: %s', (_kind, { schema }) => {
    const input = z.object({ field: schema });
    expect(reasonsFor(input, { field: null })).toEqual([['field', 'REQUIRED']]);
    expect(reasonsFor(input, {})).toEqual([['field', 'REQUIRED']]);
  });

  it('isn’t called missing when it holds a wrong value', () => {
    const wrong = {
      text: 'x'.repeat(11),
      code: '!',
      toggle: 'yes',
      integer: 10,
      decimal: '-1',
      choice: 'LOST',
    };
    for (const [kind, value] of Object.entries(wrong)) {
      const reasons = reasonsFor(z.object({ field: fields[kind]?.schema ?? z.never() }), { field: value });
      expect(reasons, kind).not.toEqual([]);
      expect(reasons, kind).not.toEqual([['field', 'REQUIRED']]);
    }
  });

  it('isn’t called missing by a rule about another field', () => {
    const input = z
      .object({ start: z.date().nullish(), end: z.date().nullish() })
      .refine(({ end }) => !end, { path: ['start'], error: 'field.timeRange' });
    expect(reasonsFor(input, { end: new Date() })).toEqual([['start', 'OUT_OF_RANGE']]);
  });
});

describe('a field that may be empty', () => {
  it.each(Object.entries(fields))('takes null: %s', (_kind, field) => {
    expect(reasonsFor(z.object({ field: optional(field).schema }), { field: null })).toEqual([]);
  });

  it.each([
    ['phone', optionalPhone({ description })],
    ['reference', optionalReference('Branch', { description })],
  ])('takes null: %s', (_kind, { schema }) => {
    expect(reasonsFor(z.object({ field: schema }), { field: null })).toEqual([]);
  });
});
