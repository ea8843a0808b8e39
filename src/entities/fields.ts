import { z } from 'zod';
import type { EntityName } from '../catalogue/entities.ts';
import { codeSchema } from '../db/coded-rows.ts';
import { phoneSchema, textSchema } from '../db/text.ts';

/** A field of an entity's inputs, and the column of the same name that it is stored in. */
export interface EntityField<Value = unknown> {
  /** The input's type in GraphQL. */
  readonly type: 'String' | 'Boolean' | 'Int' | 'DateTime' | 'ID';
  /** Checks a value, and brings it into the form that is stored. Lets null through where the column may be empty. */
  readonly schema: z.ZodType<Value>;
  /** For those who write clients: meaning and bounds. */
  readonly description: string;
  /** `required` at creation; `optional` fields are null without a value. Others begin with a value of their own. */
  readonly creation: 'required' | 'optional' | { readonly value: Value };
  readonly isNullable: boolean;
  /** The entity whose live rows the field may name. */
  readonly references: EntityName | null;
}

type Described = { readonly description: string };

/** A line of text that every row has. */
export function text(maximumLength: number, { description }: Described): EntityField<string> {
  return required('String', textSchema(maximumLength), withinLength(description, maximumLength));
}

/** A line of text that may be empty. */
export function optionalText(maximumLength: number, { description }: Described): EntityField<string | null> {
  return optional('String', textSchema(maximumLength), withinLength(description, maximumLength));
}

/** A short name for programs, which is unique among live rows. */
export function code({ description }: Described): EntityField<string> {
  return required(
    'String',
    codeSchema,
    `${description} Letters, digits, dots, hyphens and underscores; at most 64.`,
  );
}

/** A telephone number that may be empty. */
export function optionalPhone({ description }: Described): EntityField<string | null> {
  return optional('String', phoneSchema, `${description} Digits, spaces and \`+ ( ) . / -\`.`);
}

/** A switch, which stands at `initially` for a new row: only changes can set it. */
export function toggle(initially: boolean, { description }: Described): EntityField<boolean> {
  return {
    type: 'Boolean',
    schema: z.boolean(),
    description,
    creation: { value: initially },
    isNullable: false,
    references: null,
  };
}

/** A reference to a row of another entity, or none. */
export function optionalReference(
  references: EntityName,
  { description }: Described,
): EntityField<string | null> {
  return { ...optional('ID', z.uuid(), description), references };
}

/** A field that every row has, with a schema of its own. */
export function required<Value>(
  type: EntityField['type'],
  schema: z.ZodType<Value>,
  description: string,
): EntityField<Value> {
  return { type, schema, description, creation: 'required', isNullable: false, references: null };
}

function optional<Value>(
  type: EntityField['type'],
  schema: z.ZodType<Value>,
  description: string,
): EntityField<Value | null> {
  return {
    type,
    schema: schema.nullable(),
    description,
    creation: 'optional',
    isNullable: true,
    references: null,
  };
}

function withinLength(description: string, maximumLength: number): string {
  return `${description} At most ${maximumLength.toLocaleString('en')} characters.`;
}
