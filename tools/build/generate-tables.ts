/**
 * A generator of `prisma generate`: writes the table, the columns and the references of each model, which the generated
 * client does not tell. src/db/rows reads lists with them.
 */
import { writeFile } from 'node:fs/promises';
import generatorHelper, { type DMMF, type GeneratorOptions } from '@prisma/generator-helper';
import type { Column, ColumnType, Relation, Table } from '../../src/db/rows/table.ts';
import { tenantSecretColumns } from '../../src/db/secret-columns.ts';

/** The scalars whose values src/db/rows reads. */
const scalarTypes: readonly ColumnType[] = ['String', 'Boolean', 'Int', 'Decimal', 'DateTime', 'Json'];

type Enums = DMMF.Document['datamodel']['enums'];

const secretColumns: Readonly<Record<string, Readonly<Record<string, true>>>> = tenantSecretColumns;

generatorHelper.generatorHandler({
  onManifest: () => ({ prettyName: 'tables and columns', defaultOutput: 'tables.ts' }),
  async onGenerate({ dmmf, generator: { output } }: GeneratorOptions) {
    if (!output?.value) throw new Error('The generator needs an output.');
    const tables = Object.fromEntries(
      dmmf.datamodel.models.map((model) => [delegateOf(model.name), tableOf(model, dmmf.datamodel.enums)]),
    );
    await writeFile(
      output.value,
      `/** The tables of the models, by the names of the client's delegates. */\n` +
        `export const tables = ${JSON.stringify(tables, null, 2)} as const;\n`,
    );
  },
});

function tableOf(model: DMMF.Model, enums: Enums): Table {
  const columns: Record<string, Column> = {};
  const relations: Record<string, Relation> = {};
  for (const field of model.fields) {
    const column = columnOf(field, enums);
    if (column && !secretColumns[delegateOf(model.name)]?.[field.name]) columns[field.name] = column;
    const relation = relationOf(field);
    if (relation) relations[field.name] = relation;
  }
  return { schema: model.schema ?? 'public', name: model.dbName ?? model.name, columns, relations };
}

/** The column of a field; null for anything but texts, or one value of another type that is read. */
function columnOf(field: DMMF.Field, enums: Enums): Column | null {
  const { name, dbName, isList, isRequired } = field;
  const values = valuesOf(field, enums);
  const single = values ? 'Enum' : typeOf(field);
  const type = isList ? (single === 'String' ? 'Strings' : null) : single;
  if (!type) return null;
  return {
    name: dbName ?? name,
    type,
    ...(isRequired ? {} : { isNullable: true }),
    ...(values ? { values } : {}),
  };
}

/** The values of an enum's field, if they are called the same in the database. */
function valuesOf({ kind, type }: DMMF.Field, enums: Enums): string[] | null {
  const values = enums.find(({ name }) => kind === 'enum' && name === type)?.values;
  return values?.every(({ dbName }) => !dbName) ? values.map(({ name }) => name) : null;
}

/** Times without a date or an offset are other types. */
const momentTypes: Readonly<Record<string, ColumnType>> = { Timestamptz: 'DateTime', Date: 'Date' };

function typeOf({ kind, type, nativeType }: DMMF.Field): ColumnType | null {
  if (kind !== 'scalar') return null;
  if (type === 'DateTime') return momentTypes[nativeType?.[0] ?? ''] ?? null;
  return scalarTypes.find((known) => known === type) ?? null;
}

/** The relation of a field to at most one row of another table, by one column; null for any other. */
function relationOf({
  kind,
  isList,
  type,
  relationFromFields,
  relationToFields,
}: DMMF.Field): Relation | null {
  if (kind !== 'object' || isList) return null;
  const [[from, ...moreFrom], [to, ...moreTo]] = [relationFromFields ?? [], relationToFields ?? []];
  if (from === undefined || to === undefined || moreFrom.length > 0 || moreTo.length > 0) return null;
  return { table: delegateOf(type), from, to };
}

/** The name of a model in the client, such as `auditRecord`. */
function delegateOf(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}
