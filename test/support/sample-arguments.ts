import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';

const uuid = '00000000-0000-4000-8000-000000000000';

/** Writes arguments of the right types that name nothing which exists, e.g. `(userId: "…")`. */
export function sampleArguments(args: readonly Pick<GraphQLArgument, 'name' | 'type'>[]): string {
  const written = args.map(({ name, type }) => `${name}: ${sampleOf(name, type)}`);
  return written.length === 0 ? '' : `(${written.join(', ')})`;
}

/** Nodes are fetched by their global ids alone; every other id may be a plain UUID. */
function sampleOf(name: string, type: GraphQLInputType): string {
  if (isNonNullType(type)) return sampleOf(name, type.ofType);
  if (isListType(type)) return `[${sampleOf(name, type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? 'null';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map((field) => `${field.name}: ${sampleOf(field.name, field.type)}`).join(', ')} }`;
  }
  switch (type.name) {
    case 'ID':
      return JSON.stringify(['id', 'ids'].includes(name) ? encodeGlobalId('User', uuid) : uuid);
    case 'UUID':
      return JSON.stringify(uuid);
    case 'DateTime':
      return '"2026-01-31T09:30:00.000Z"';
    case 'Date':
      return '"2026-01-31"';
    case 'Decimal':
      return '"1.5"';
    case 'Boolean':
      return 'true';
    case 'Int':
    case 'Float':
      return '1';
    default:
      return '"x"';
  }
}
