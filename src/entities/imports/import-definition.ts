import type { z } from 'zod';
import type { TenantAuditAction } from '../../audit/audit-actions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { type EntityName, entityOf, type Resource } from '../../catalogue/entities.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { FieldMessage } from '../../errors/index.ts';
import type { ColumnOf, Entity, RowOf } from '../entity.ts';
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

/** Rows that are one and the same thing, although no column tells it alone. A file has no way to say that they aren't. */
export interface AlikeRows<Row = object> {
  /** The column at which that is reported. */
  readonly column: string;
  /** Returns a key that alike rows share; null for a row that is like no other. */
  readonly keyOf: (row: Partial<Row>) => string | null;
  /** Returns the keys of the live rows that are like some of these, of those that exist for the viewer. */
  readonly findKeys: (
    db: TenantDatabase,
    viewer: Viewer,
    rows: readonly Partial<Row>[],
  ) => Promise<ReadonlySet<string>>;
  /** The messages for a row that is like a live one, or like the row of an earlier line. */
  readonly alikeToRow: FieldMessage;
  readonly alikeToLine: (line: number) => FieldMessage;
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
  readonly alike: AlikeRows | null;
}

/** Defines the columns of the files that rows of an entity are imported from. */
export function defineImport<Name extends EntityName>(
  { name, model, creation, columns: fields }: Entity<Name>,
  action: TenantAuditAction,
  columns: { readonly [Column in ColumnOf<Name>]?: ImportColumn },
  unique: readonly ColumnOf<Name>[],
  alike: AlikeRows<RowOf<Name>> | null = null,
): ImportDefinition {
  const named = Object.entries<ImportColumn | undefined>(columns);
  return {
    name,
    model,
    resource: entityOf(name).resource,
    action,
    creation,
    unique,
    alike,
    columns: named.flatMap(([column, options]) => {
      const [, field] = fields.find(([candidate]) => candidate === column) ?? [];
      return field && options ? [{ ...options, column, field }] : [];
    }),
  };
}
