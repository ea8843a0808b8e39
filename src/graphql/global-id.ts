import { z } from 'zod';
import { message, ValidationFailedError } from '../errors/index.ts';

/** The types that can be fetched by their global id. */
const nodeTypeNames = ['User', 'Role', 'Department', 'Branch', 'AuditRecord'] as const;

/** The types that have a global id and are reached through their owners alone. */
const ownedTypeNames = ['Session', 'ProvisioningJob'] as const;

/** One type that can be fetched by its global id. */
export type NodeTypeName = (typeof nodeTypeNames)[number];

/** One type that has a global id. */
type IdentifiedTypeName = NodeTypeName | (typeof ownedTypeNames)[number];

const uuidSchema = z.uuid().toLowerCase();

/** Makes the global id of an object: base64 of `TypeName:uuid`. Clients treat it as opaque. */
export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}

/** Reads a global id. @throws {ValidationFailedError} when it is none of ours. */
export function decodeGlobalId(globalId: string): { typename: string; id: string } {
  const decoded = readGlobalId(globalId, nodeTypeNames);
  if (!decoded) throw new ValidationFailedError([{ path: ['id'], message: message('field.globalId') }]);
  return decoded;
}

/**
 * Reads an `ID` argument that names an object of one type: its global id, or its plain UUID.
 * @returns the UUID.
 * @throws {ValidationFailedError} when it is neither, or the global id of another type.
 */
export function parseId(typename: IdentifiedTypeName, value: string, path: readonly string[]): string {
  const plain = uuidSchema.safeParse(value);
  if (plain.success) return plain.data;
  const decoded = readGlobalId(value, [...nodeTypeNames, ...ownedTypeNames]);
  if (decoded?.typename === typename) return decoded.id;
  throw new ValidationFailedError([{ path, message: message('field.idOf', { type: typename }) }]);
}

/** Reads an `ID` argument as {@link parseId} does; undefined when it is absent or null. */
export function optionalId(
  typename: IdentifiedTypeName,
  value: string | null | undefined,
  path: readonly string[],
): string | undefined {
  return value == null ? undefined : parseId(typename, value, path);
}

/**
 * Reads the ids of an input object, as {@link parseId} does; absent and null ones stay as they are.
 * @param types the fields that hold ids, and the type of object that each names.
 */
export function parseIds(
  types: Readonly<Record<string, NodeTypeName>>,
  input: object,
  path: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([field, value]) => {
      const typename = types[field];
      return [
        field,
        typename && typeof value === 'string' ? parseId(typename, value, [...path, field]) : value,
      ];
    }),
  );
}

function readGlobalId<TypeName extends string>(
  globalId: string,
  typenames: readonly TypeName[],
): { typename: TypeName; id: string } | null {
  const [name, id, ...rest] = Buffer.from(globalId, 'base64').toString('latin1').split(':');
  const typename = typenames.find((candidate) => candidate === name);
  const uuid = uuidSchema.safeParse(id);
  return typename && uuid.success && rest.length === 0 ? { typename, id: uuid.data } : null;
}
