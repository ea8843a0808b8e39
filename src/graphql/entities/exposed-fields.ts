import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity } from '../../entities/entity.ts';
import type { builder } from '../builder.ts';
import { longText } from '../costs.ts';
import { columnOf } from './entity-column.ts';

type SchemaTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;
type ExposedField = ReturnType<PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, object>['string']>;

/** The builder of the fields of a type. */
interface FieldBuilder {
  expose(column: string, options: object): ExposedField;
}

/**
 * Exposes the columns of an entity's inputs, except references, as fields of its type: of the same types, nullable where
 * the columns are, and described by their meaning. It does what `t.expose` does for one.
 */
export function exposedFields<Name extends EntityName>(
  t: FieldBuilder,
  { model, columns }: Entity<Name>,
): Record<string, ExposedField> {
  return Object.fromEntries(
    columns
      .filter(([, { references }]) => references === null)
      .map(([column, { type, meaning, isLong }]) => [
        column,
        t.expose(column, {
          type,
          nullable: columnOf(model, column).isNullable === true,
          description: meaning,
          ...(isLong ? { extensions: longText } : {}),
        }),
      ]),
  );
}
