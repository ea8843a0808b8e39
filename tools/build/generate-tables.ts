/**
 * A generator of `prisma generate`: writes the table, the columns and the references of each model, which the generated
 * client does not tell. src/db/rows reads lists with them.
 */
import { writeFile } from 'node:fs/promises';
import generatorHelper, { type DMMF, type GeneratorOptions } from '@prisma/generator-helper';
import type { Column, ColumnType, Relation, Table } from '../../src/db/rows/table.ts';
import { tenantSecretColumns } from '../../src/db/secret-columns.ts';

/** The types whose values src/db/rows reads. */
const columnTypes: readonly ColumnType[] = ['String', 'Boolean', 'Int', 'DateTime', 'Json'];

const secretColumns: Readonly<Record<string, Readonly<Record<string, true>>>> = tenantSecretColumns;

generatorHelper.generatorHandler({
  onManifest: () => ({ prettyName: 'tables and columns', defaultOutput: 'tables.ts' }),
  async onGenerate({ dmmf, generator: { output } }: GeneratorOptions) {
    if (!output?.value) throw new Error('The generator needs an output.');
    const tables = Object.fromEntries(
      dmmf.datamodel.models.map((model) => [delegateOf(model.name), tableOf(model)]),
    );
    await writeFile(
      output.value,
      `/** The tables of the models, by the names of the client's delegates. */\n` +
        `export const tables = ${JSON.stringify(tables, null, 2)} as const;\n`,
    );
  },
});

function tableOf(model: DMMF.Model): Table {
  const columns: Record<string, Column> = {};
  const relations: Record<string, Relation> = {};
  for (const field of model.fields) {
    const column = columnOf(field);
    if (column && !secretColumns[delegateOf(model.name)]?.[field.name]) columns[field.name] = column;
    const relation = relationOf(field);
    if (relation) relations[field.name] = relation;
  }
  return { schema: model.schema ?? 'public', name: model.dbName ?? model.name, columns, relations };
}

/** The column of a field; null for anything but one value of a type that is read. */
function columnOf({ kind, isList, type, dbName, name, nativeType }: DMMF.Field): Column | null {
  const columnType = columnTypes.find((known) => known === type);
  if (kind !== 'scalar' || isList || columnType === undefined) return null;
  // Dates without a time, and times without a date or an offset, are other types.
  if (columnType === 'DateTime' && nativeType?.[0] !== 'Timestamptz') return null;
  return { name: dbName ?? name, type: columnType };
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
