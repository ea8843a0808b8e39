import { z } from 'zod';
import { emailSchema } from '../auth/email-addresses.ts';
import type { EntityName } from '../catalogue/entities.ts';
import { codeSchema } from '../db/coded-rows.ts';
import { linesSchema, phoneSchema, textSchema } from '../db/text.ts';
import type { Prisma } from '../generated/tenant/client.ts';
import { decimalSchema } from './decimal-schema.ts';
import { businessNumberSchema, currencySchema, textListSchema, webAddressSchema } from './text-schemas.ts';

/** The values of an enum of Prisma's, by themselves. */
type EnumValues = Readonly<Record<string, string>>;

/** A field of an entity's inputs, and the column of the same name that it is stored in. */
export interface EntityField<Value = unknown> {
  /** The input's type in GraphQL. */
  readonly type:
    | 'String'
    | ['String']
    | 'Boolean'
    | 'Int'
    | 'Decimal'
    | 'Date'
    | 'DateTime'
    | 'ID'
    | EnumValues;
  /** Checks a value, and brings it into the form that is stored. Lets null through where the column may be empty. */
  readonly schema: z.ZodType<Value>;
  /** For those who write clients: what a value means. */
  readonly meaning: string;
  /** The meaning, and the bounds that an input has to keep. */
  readonly description: string;
  /** Whether values may be so long that one costs as much as several others. */
  readonly isLong: boolean;
  /** Its presence in the input for a new row: required, optional, or absent because only changes can set it. */
  readonly creation: 'required' | 'optional' | 'later';
  /** The value of a new row whose input has none. */
  readonly initial: Value | null;
  /** Whether only a new row's input sets it: the input for changes doesn't have it. */
  readonly isFixed: boolean;
  readonly isNullable: boolean;
  /** The entity whose live rows the field may name. */
  readonly references: EntityName | null;
  /**
   * Whether a row that the field names is locked as if it were changed itself: for a rule about all rows that name the
   * same one.
   */
  readonly isLocking: boolean;
}

const longestShortText = 512;

type Described = { readonly description: string };

/** A line of text that every row has. */
export function text(maximumLength: number, { description }: Described): EntityField<string> {
  const bounds = `At most ${maximumLength.toLocaleString('en')} characters.`;
  return {
    ...required('String', textSchema(maximumLength), description, bounds),
    isLong: maximumLength > longestShortText,
  };
}

/** A line of text that may be empty. */
export function optionalText(maximumLength: number, described: Described): EntityField<string | null> {
  return optional(text(maximumLength, described));
}

/** A text of several lines that may be empty. */
export function optionalLines(maximumLength: number, { description }: Described): EntityField<string | null> {
  const bounds = `At most ${maximumLength.toLocaleString('en')} characters, in any number of lines.`;
  return optional(required('String', linesSchema(maximumLength), description, bounds));
}

/** A short name for programs, which is unique among live rows. */
export function code({ description }: Described): EntityField<string> {
  const bounds = 'Letters, digits, dots, hyphens and underscores; at most 64.';
  return required('String', codeSchema, description, bounds);
}

/** A telephone number that may be empty. */
export function optionalPhone({ description }: Described): EntityField<string | null> {
  return optional(
    required('String', phoneSchema, description, 'Digits, at least three, spaces and `+ ( ) . / -`.'),
  );
}

/** An email address that may be empty. */
export function optionalEmail({ description }: Described): EntityField<string | null> {
  return optional(required('String', emailSchema, description, 'Stored in lower case.'));
}

/** The address of a page on the web. */
export function webAddress(maximumLength: number, { description }: Described): EntityField<string> {
  const bounds = `Begins with \`https://\` or \`http://\`; at most ${maximumLength} characters.`;
  return required('String', webAddressSchema(maximumLength), description, bounds);
}

/** A Korean business registration number. */
export function businessNumber({ description }: Described): EntityField<string> {
  const bounds = 'Ten digits, the last of which verifies the others; hyphens are accepted and not stored.';
  return required('String', businessNumberSchema, description, bounds);
}

/** A currency. */
export function currency({ description }: Described): EntityField<string> {
  return required('String', currencySchema, description, 'A code of ISO 4217, e.g. `KRW`.');
}

/** Short texts, none of them twice, in a column of type `String[]`. */
export function textList(
  maximumCount: number,
  maximumLength: number,
  { description }: Described,
): EntityField<string[]> {
  const bounds = `At most ${maximumCount}, of at most ${maximumLength} characters each, without semicolons; one that is given twice counts once.`;
  return required(['String'], textListSchema(maximumCount, maximumLength), description, bounds);
}

/** A switch, which stands at `initially` for a new row: only changes can set it. */
export function toggle(initially: boolean, { description }: Described): EntityField<boolean> {
  return { ...required('Boolean', z.boolean(), description), creation: 'later', initial: initially };
}

/** A calendar day without a time, in a column of type `@db.Date`. */
export function date({ description }: Described): EntityField<Date> {
  return required('Date', z.date(), description);
}

/** A moment, in a column of type `@db.Timestamptz(3)`. */
export function moment({ description }: Described): EntityField<Date> {
  return required('DateTime', z.date(), description);
}

/** A whole number. */
export function integer(minimum: number, maximum: number, { description }: Described): EntityField<number> {
  const range = `From ${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}.`;
  return required('Int', z.int().min(minimum).max(maximum), description, range);
}

/**
 * An exact decimal number, in a column of type `@db.Decimal(digits, fraction)`.
 * @param step that it is a multiple of; absent for none.
 */
export function decimal(
  digits: number,
  fraction: number,
  { minimum, step, description }: Described & { readonly minimum?: number; readonly step?: number },
): EntityField<Prisma.Decimal> {
  const bounds = [
    minimum === undefined ? '' : `${minimum.toLocaleString('en')} or more;`,
    step === undefined ? '' : `a multiple of ${step};`,
    `at most ${digits - fraction} digits before the point and ${fraction} after it.`,
  ]
    .filter(Boolean)
    .join(' ');
  return required(
    'Decimal',
    decimalSchema(digits - fraction, fraction, minimum, step),
    description,
    bounds.trim().replace(/^a/, 'A'),
  );
}

/** One of several values: an enum of Prisma's, which a type in GraphQL is made of too. */
export function choice<Value extends string>(
  values: Readonly<Record<string, Value>>,
  { description }: Described,
): EntityField<Value> {
  return required(values, z.enum(values), description);
}

/** A field that may be empty. */
export function optional<Value>({ schema, ...field }: EntityField<Value>): EntityField<Value | null> {
  return { ...field, schema: schema.nullable(), creation: 'optional', isNullable: true };
}

/** A field that a new row has too when its input doesn't say so. */
export function initially<Value>(initial: Value, field: EntityField<Value>): EntityField<Value> {
  return { ...field, creation: 'optional', initial };
}

/** A field that every row has; the entity itself gives it to a new row whose input has none. */
export function givenByItself<Value>(field: EntityField<Value>): EntityField<Value> {
  return { ...field, creation: 'optional' };
}

/** A field that stays as a new row has it, unless a mutation of its own changes it. */
export function fixed<Value>(field: EntityField<Value>): EntityField<Value> {
  return { ...field, isFixed: true };
}

/** A reference to a row of another entity, or none. */
export function optionalReference(
  references: EntityName,
  { description }: Described,
): EntityField<string | null> {
  return { ...optional(required('ID', z.uuid(), description)), references };
}

/**
 * A reference to a row of another entity that every row has.
 * @param isLocking see {@link EntityField.isLocking}.
 */
export function reference(
  references: EntityName,
  { description, isLocking = false }: Described & { readonly isLocking?: boolean },
): EntityField<string> {
  return { ...required('ID', z.uuid(), description), references, isLocking };
}

/** A field that every row has, with a schema of its own. @param bounds a sentence about what the schema refuses. */
export function required<Value>(
  type: EntityField['type'],
  schema: z.ZodType<Value>,
  meaning: string,
  bounds = '',
): EntityField<Value> {
  return {
    type,
    schema,
    meaning,
    description: `${meaning} ${bounds}`.trimEnd(),
    isLong: false,
    creation: 'required',
    initial: null,
    isFixed: false,
    isNullable: false,
    references: null,
    isLocking: false,
  };
}
