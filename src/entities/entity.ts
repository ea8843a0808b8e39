import { z } from 'zod';
import type { Actor } from '../auth/viewer.ts';
import { type EntityName, entityOf, type ListName, listOf, type Resource } from '../catalogue/entities.ts';
import type { tenantSecretColumns } from '../db/secret-columns.ts';
import type { TenantDatabase, TenantTransaction } from '../db/tenant-client.ts';
import type { FieldProblem, Message } from '../errors/index.ts';
import type { Prisma } from '../generated/tenant/client.ts';
import type { EntityField } from './fields.ts';
import { type SealedColumn, type SealedFields, sealedColumnsOf, sealedInputSchema } from './sealed-fields.ts';

type Model<Name extends EntityName> = Prisma.TypeMap['model'][Name];

type SecretColumnOf<Name extends EntityName> =
  Uncapitalize<Name> extends keyof typeof tenantSecretColumns
    ? keyof (typeof tenantSecretColumns)[Uncapitalize<Name>]
    : never;

/** The fields of an entity that have a secret column of their name. */
export type SealedFieldOf<Name extends EntityName> =
  SecretColumnOf<Name> extends infer Column ? (Column extends `${infer Field}Sealed` ? Field : never) : never;

/** A row of an entity, with all of its columns but secret ones. */
export type RowOf<Name extends EntityName> = EntityRow &
  Omit<Model<Name>['payload']['scalars'], SecretColumnOf<Name>>;

/** A column of an entity. */
export type ColumnOf<Name extends EntityName> = Extract<keyof RowOf<Name>, string>;

/** The columns that hold text. */
export type TextColumnOf<Name extends EntityName> = {
  [Column in ColumnOf<Name>]: RowOf<Name>[Column] extends string | null ? Column : never;
}[ColumnOf<Name>];

/** The columns that lists can be ordered by. */
export type OrderableColumnOf<Name extends EntityName> = {
  [Column in ColumnOf<Name>]: RowOf<Name>[Column] extends string | number | Date | Prisma.Decimal | null
    ? Column
    : never;
}[ColumnOf<Name>];

/** The columns that every row of every entity has. */
export interface EntityRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** The part of a model's delegate that entities are read and written with. */
export interface Delegate<Row> {
  findFirst(query: { where: object }): Promise<Row | null>;
  findMany(query: { where: object; select?: object }): Promise<Row[]>;
  count(query: { where: object }): Promise<number>;
  create(query: { data: object }): Promise<Row>;
  update(query: { where: { id: string }; data: object }): Promise<Row>;
  updateManyAndReturn(query: {
    where: object;
    data: object;
    select: { id: true };
  }): Promise<{ id: string }[]>;
}

/** Rows that refer to another row than before. */
export interface Handover {
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
  /** The ids of the rows that refer. */
  readonly ids: readonly string[];
  /** What they referred to, and refer to now. */
  readonly from: string;
  readonly to: string;
}

/** Rows of another entity that refer to the entity's, and keep one from being deleted. */
export interface Dependent {
  readonly entity: EntityName;
  /** The column that refers. */
  readonly column: string;
  /** What else changes in a row that another one takes over: what was true of it among the rows that it leaves. */
  readonly whenMoved?: object;
  /** Does what else it entails that other rows take rows over, after that and in its transaction. */
  readonly afterMove?: (handover: Handover) => Promise<void>;
}

/** A change as an entity's own rules see it, in its transaction and before it is written. */
export interface EntityChange<Name extends EntityName> {
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
  /** Null for a new row. */
  readonly before: RowOf<Name> | null;
  /** The values to be written, as they are stored. */
  readonly changes: Partial<RowOf<Name>>;
}

/** A change of a row that somebody is about to make. */
export interface EntityAttempt<Name extends EntityName> {
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
  readonly verb: 'update' | 'delete' | 'restore';
  readonly row: RowOf<Name>;
}

/** The definition of an entity. Everything else is the same for all entities: see changes.ts. */
export interface EntityOptions<Name extends EntityName> {
  /** The model's delegate in Prisma's client. */
  readonly delegate: (db: TenantDatabase) => Delegate<RowOf<Name>>;
  /** The fields of its inputs, by column. */
  readonly fields: { readonly [Column in ColumnOf<Name>]?: EntityField<RowOf<Name>[Column]> };
  /** Fields that are encrypted with the tenant's key. */
  readonly sealed?: SealedFields<SealedFieldOf<Name>>;
  /** The column that messages call a row by. */
  readonly label: TextColumnOf<Name>;
  /** The columns that a list's `search` looks through. */
  readonly search: readonly TextColumnOf<Name>[];
  /** The same for columns that hold lower case alone. */
  readonly searchLowerCase?: readonly TextColumnOf<Name>[];
  /** The field that each unique index is about, by the index's name. */
  readonly unique: Readonly<Record<string, ColumnOf<Name>>>;
  /**
   * The words for what such an index keeps unique, in the schema's descriptions, where that is not the field alone: null
   * where nobody hears of it, because another row makes room.
   */
  readonly uniqueWords?: Readonly<Record<string, string | null>>;
  readonly dependents?: readonly Dependent[];
  /** Whether another row takes over what refers to a deleted one, when its deleter says so; yes by default. */
  readonly isReplaceable?: boolean;
  /** The alternative to deleting a row that others refer to, where they can't be moved to another one. */
  readonly insteadOfDeletion?: Message;
  /**
   * Its changes decide who may do what, so that one runs at a time and every process forgets what it remembered of the
   * tenant's sessions.
   */
  readonly isIdentity?: boolean;
  /**
   * Refuses a change of a row by somebody who may not make it, before they are told anything else of the row.
   * @throws {ForbiddenError} saying why.
   */
  readonly guard?: (attempt: EntityAttempt<Name>) => Promise<void>;
  /** The columns that follow from a field of the inputs, and from nothing else, such as who owns the row. */
  readonly derive?: {
    /** The field that they follow from, at which problems with them are reported. */
    readonly from: ColumnOf<Name>;
    /** Computes them before anything of a creation or a change is checked. @returns none while the field stays. */
    readonly columns: (change: EntityChange<Name>) => Promise<Partial<RowOf<Name>>>;
  };
  /** Checks the entity's own rules: returns the problems of the fields that a change would write. */
  readonly check?: (change: EntityChange<Name>) => Promise<readonly FieldProblem[]>;
  /** Does what else a creation or a change entails before it is written. @returns further columns to write. */
  readonly prepare?: (change: EntityChange<Name>) => Promise<Partial<RowOf<Name>>>;
  /** Does what else the change of a row entails, after it was written and in its transaction. */
  readonly after?: (attempt: EntityAttempt<Name>, changes: Partial<RowOf<Name>>) => Promise<void>;
  /** Checks the row that is to take over what refers to a deleted one, which is known to exist. */
  readonly checkReassignTarget?: (
    transaction: TenantTransaction,
    id: string,
    target: string,
  ) => Promise<readonly FieldProblem[]>;
  /**
   * The columns to write when a deleted row comes back, besides references to rows that are gone: those are the
   * `changes`.
   * @throws {ValidationFailedError} when the row can't be without them.
   */
  readonly atRestore?: (change: EntityChange<Name>) => Promise<Partial<RowOf<Name>>>;
}

/** An entity of a tenant. */
export interface Entity<Name extends EntityName = EntityName> extends EntityOptions<Name> {
  readonly name: Name;
  /** The name of the model's delegate, which audit records call it by as well. */
  readonly model: Uncapitalize<EntityName>;
  readonly resource: Resource;
  /** The name of its list in GraphQL. */
  readonly list: ListName;
  /** The fields as a list, with their columns. */
  readonly columns: readonly (readonly [string, EntityField])[];
  readonly sealedColumns: readonly SealedColumn[];
  readonly sealedInput: z.ZodType<Record<string, string | null>>;
  readonly dependents: readonly Dependent[];
  readonly isReplaceable: boolean;
  readonly isIdentity: boolean;
  /** The schema of a new row's input. Absent fields become null. */
  readonly creation: z.ZodType<Partial<RowOf<Name>>>;
  /** The schema of a change's input: absent leaves a field as it is, null clears it where it may be empty. */
  readonly update: z.ZodType<Partial<RowOf<Name>>>;
}

/** Defines an entity of the catalogue. A wrong column is a compile error. */
export function defineEntity<Name extends EntityName>(
  name: Name,
  options: EntityOptions<Name>,
): Entity<Name> {
  const { model, resource } = entityOf(name);
  const columns = Object.entries<EntityField | undefined>(options.fields).flatMap(([column, field]) =>
    field ? [[column, field] as const] : [],
  );
  const sealedColumns = sealedColumnsOf(options.sealed?.fields ?? {});
  return {
    ...options,
    name,
    model,
    resource,
    list: listOf(name),
    columns,
    sealedColumns,
    sealedInput: sealedInputSchema(sealedColumns),
    dependents: options.dependents ?? [],
    isReplaceable: options.isReplaceable ?? true,
    isIdentity: options.isIdentity ?? false,
    // Each schema is held to its column by the options' types, which are lost where the fields become a list.
    creation: creationSchema(columns) as z.ZodType<Partial<RowOf<Name>>>,
    update: updateSchema(columns) as z.ZodType<Partial<RowOf<Name>>>,
  };
}

type Columns = Entity['columns'];

function creationSchema(columns: Columns): z.ZodType {
  const shape: Record<string, z.ZodType> = {};
  const initial: Record<string, unknown> = {};
  for (const [column, field] of columns) {
    if (field.creation === 'required') shape[column] = field.schema;
    else if (field.initial !== null || field.isNullable) initial[column] = field.initial;
    if (field.creation === 'optional') shape[column] = field.schema.nullish();
  }
  return z.object(shape).transform((fields) => ({
    ...initial,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)),
  }));
}

function updateSchema(columns: Columns): z.ZodType {
  return z.object(
    Object.fromEntries(
      columns.flatMap(([column, { schema, isFixed }]) => (isFixed ? [] : [[column, schema.exactOptional()]])),
    ),
  );
}
