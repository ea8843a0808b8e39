import type { z } from 'zod';
import type { TenantAuditAction } from '../../audit/audit-actions.ts';
import { type EntityName, entityOf, type Resource } from '../../catalogue/entities.ts';
import type { ColumnOf, Entity } from '../entity.ts';
import type { EntityField } from '../fields.ts';
import type { ChoiceWords } from './read-cell.ts';

/** How a file names the row that a reference is about. */
export interface ReferenceByName {
  /** The column of that row which the file has in place of its id. */
  readonly column: string;
  /** The form in which it is stored. */
  readonly schema: z.ZodType<string>;
}

/** A column of a file. */
export interface ImportColumn {
  /** What the first line calls it: first as documents do, then as files may. Case and spaces don't matter. */
  readonly names: readonly [string, ...string[]];
  /** Other words for the values of an enum. */
  readonly words?: ChoiceWords;
  /** For references. */
  readonly by?: ReferenceByName;
}

/** A column of a file, and the field that it is written into. */
export interface BoundColumn extends ImportColumn {
  readonly column: string;
  readonly field: EntityField;
}

/** What a file's rows become. */
export interface ImportDefinition {
  readonly name: EntityName;
  readonly model: Uncapitalize<EntityName>;
  readonly resource: Resource;
  /** The action in the audit log. */
  readonly action: TenantAuditAction;
  readonly creation: z.ZodType<object>;
  readonly columns: readonly BoundColumn[];
  /** The fields whose values no two live rows share. */
  readonly unique: readonly string[];
}

/** Defines the columns of the files that rows of an entity are imported from. */
export function defineImport<Name extends EntityName>(
  { name, model, creation, columns: fields }: Entity<Name>,
  action: TenantAuditAction,
  columns: { readonly [Column in ColumnOf<Name>]?: ImportColumn },
  unique: readonly ColumnOf<Name>[],
): ImportDefinition {
  const named = Object.entries<ImportColumn | undefined>(columns);
  return {
    name,
    model,
    resource: entityOf(name).resource,
    action,
    creation,
    unique,
    columns: named.flatMap(([column, options]) => {
      const [, field] = fields.find(([candidate]) => candidate === column) ?? [];
      return field && options ? [{ ...options, column, field }] : [];
    }),
  };
}
