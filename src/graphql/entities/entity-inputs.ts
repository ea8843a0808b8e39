import type { InputFieldRef } from '@pothos/core';
import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity } from '../../entities/entity.ts';
import { builder } from '../builder.ts';
import { parseIds } from '../global-id.ts';
import { wordsFor } from './entity-words.ts';

/** Input fields besides those of an entity's columns. */
type MoreFields = (t: InputBuilder) => Record<string, InputFieldRef<SchemaTypes, unknown>>;
type SchemaTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;
type InputBuilder = PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>;

/** Declares what a new row of an entity is made of. */
export function creationInput<Name extends EntityName>(entity: Entity<Name>, more: MoreFields = () => ({})) {
  const fields = entity.columns.filter(([, { creation }]) => creation !== 'later');
  const inputName: string = `${entity.name}CreateInput`;
  return builder.inputType(inputName, {
    description: `A new ${wordsFor(entity).one}.`,
    fields: (t) => ({
      ...Object.fromEntries(
        fields.map(([column, { type, creation, initial, references, description }]) => [
          column,
          t.field({
            type,
            required: creation === 'required',
            description: [
              description,
              references ? idForms : '',
              initial === null ? '' : `\`${initial}\` when it is absent.`,
            ]
              .filter(Boolean)
              .join(' '),
          }),
        ]),
      ),
      ...sealedInputFields(t, entity),
      ...more(t),
    }),
  });
}

/** Declares what of a row of an entity can be changed. */
export function updateInput<Name extends EntityName>(entity: Entity<Name>, more: MoreFields = () => ({})) {
  const inputName: string = `${entity.name}UpdateInput`;
  return builder.inputType(inputName, {
    description: `What to change of ${wordsFor(entity).a}: an absent field stays as it is, null clears one that may be empty.`,
    fields: (t) => ({
      ...Object.fromEntries(
        entity.columns
          .filter(([, { isFixed }]) => !isFixed)
          .map(([column, { type, isNullable, references, description }]) => [
            column,
            t.field({
              type,
              description: [description, references ? idForms : '', isNullable ? '' : 'Can’t be cleared.']
                .filter(Boolean)
                .join(' '),
            }),
          ]),
      ),
      ...sealedInputFields(t, entity),
      ...more(t),
    }),
  });
}

/** Declares the sealed fields, which nobody has to know of a new row. */
function sealedInputFields<Name extends EntityName>(
  t: InputBuilder,
  { sealed, sealedColumns }: Entity<Name>,
) {
  return Object.fromEntries(
    sealedColumns.map(({ name, type, meaning, bounds }) => [
      name,
      t.field({
        type,
        description: `${meaning} ${bounds} Needs \`${sealed?.permission}\`.`,
      }),
    ]),
  );
}

const idForms = 'A global id or a UUID.';

/** Reads the references of an input, which may be global ids. @throws {ValidationFailedError} at one that is none. */
export function readReferences<Name extends EntityName>({ columns }: Entity<Name>, input: object): object {
  const references = columns.flatMap(([column, field]) =>
    field.references ? [[column, field.references] as const] : [],
  );
  return parseIds(Object.fromEntries(references), input, ['input']);
}
