import { z } from 'zod';
import { type EntityName, entities } from '../catalogue/entities.ts';
import { encodeGlobalId } from '../catalogue/global-id.ts';
import { type FieldProblem, message, ValidationFailedError } from '../errors/index.ts';
import { tenantKeySchema } from '../tenancy/tenant-key.ts';

export { encodeGlobalId };

/** The types in a tenant's database that can be fetched by global id. */
const nodeTypeNames: readonly NodeTypeName[] = [...entities.map(({ name }) => name), 'AuditRecord'];

/** The types in the central database that managers can fetch by global id. */
const platformTypeNames = ['Tenant', 'Manager', 'ProvisioningJob', 'ManagerAuditRecord'] as const;

/** The types that have a global id but are reached only through their owners. */
const ownedTypeNames = ['Session', 'AttendanceCorrection'] as const;

/** A type in a tenant's database that can be fetched by global id. */
export type NodeTypeName = EntityName | 'AuditRecord';

/** A type that has a global id. */
type IdentifiedTypeName = NodeTypeName | (typeof platformTypeNames)[number] | (typeof ownedTypeNames)[number];

const uuidSchema = z.uuid().toLowerCase();

/** The format of each type's ids: UUIDs, except that a tenant's id is its key. */
const idSchemaOf = (typename: IdentifiedTypeName) => (typename === 'Tenant' ? tenantKeySchema : uuidSchema);

/** Encodes the global id of an object that may be absent. */
export function optionalGlobalId(typename: string, id: string | null): string | null {
  return id === null ? null : encodeGlobalId(typename, id);
}

/** Tells whether a text is a global id that {@link decodeGlobalId} reads. */
export function isGlobalId(text: string): boolean {
  return readNodeId(text) !== null;
}

/** Decodes a global id. @throws {ValidationFailedError} when it isn't one. */
export function decodeGlobalId(globalId: string): { typename: string; id: string } {
  const decoded = readNodeId(globalId);
  if (!decoded) throw new ValidationFailedError([{ path: ['id'], message: message('field.globalId') }]);
  return decoded;
}

/**
 * Parses an `ID` argument for an object of a known type: its global id, or its plain id (a UUID, or a tenant's key).
 * @returns the plain id.
 * @throws {ValidationFailedError} when it is neither, or the global id of another type.
 */
export function parseId(typename: IdentifiedTypeName, value: string, path: readonly string[]): string {
  const id = readId(typename, value);
  if (id === null) throw new ValidationFailedError([idProblem(typename, path)]);
  return id;
}

function readId(typename: IdentifiedTypeName, value: string): string | null {
  const plain = idSchemaOf(typename).safeParse(value);
  return plain.success ? plain.data : (readGlobalId(value, [typename])?.id ?? null);
}

function idProblem(typename: IdentifiedTypeName, path: FieldProblem['path']): FieldProblem {
  return { path, message: message('field.idOf', { type: message(`type.${typename}`) }) };
}

/**
 * Parses an `ID` argument for an object of any type in a tenant's database: its global id or its UUID.
 * @returns the UUID; undefined when the argument is absent or null.
 * @throws {ValidationFailedError} when it is neither.
 */
export function optionalIdOfAny(
  value: string | null | undefined,
  path: readonly string[],
): string | undefined {
  if (value == null) return undefined;
  const plain = uuidSchema.safeParse(value);
  if (plain.success) return plain.data;
  const decoded = readGlobalId(value, [...nodeTypeNames, ...ownedTypeNames]);
  if (decoded) return decoded.id;
  throw new ValidationFailedError([{ path, message: message('field.idOfAny') }]);
}

/** Parses a list of `ID`s like {@link parseId}. @throws {ValidationFailedError} at each that is wrong. */
export function parseEachId(
  typename: IdentifiedTypeName,
  values: readonly string[],
  path: readonly string[],
): string[] {
  const ids = values.map((value) => readId(typename, value));
  const problems = ids.flatMap((id, index) => (id === null ? [idProblem(typename, [...path, index])] : []));
  if (problems.length > 0) throw new ValidationFailedError(problems);
  return ids.filter((id) => id !== null);
}

/** Parses an `ID` argument like {@link parseId}; undefined when it is absent or null. */
export function optionalId(
  typename: IdentifiedTypeName,
  value: string | null | undefined,
  path: readonly string[],
): string | undefined {
  return value == null ? undefined : parseId(typename, value, path);
}

/**
 * Parses the ids in an input object like {@link parseId}; absent and null ones stay as they are.
 * @param types the fields that hold ids, each with its type of object.
 * @throws {ValidationFailedError} at every field that holds no such id.
 */
export function parseIds(
  types: Readonly<Record<string, NodeTypeName>>,
  input: object,
  path: readonly string[],
): Record<string, unknown> {
  const problems: FieldProblem[] = [];
  const parsed = Object.entries(input).map(([field, value]) => {
    const typename = types[field];
    if (typename === undefined || typeof value !== 'string') return [field, value];
    const id = readId(typename, value);
    if (id === null) problems.push(idProblem(typename, [...path, field]));
    return [field, id];
  });
  if (problems.length > 0) throw new ValidationFailedError(problems);
  return Object.fromEntries(parsed);
}

function readNodeId(globalId: string): { typename: string; id: string } | null {
  return readGlobalId(globalId, [...nodeTypeNames, ...platformTypeNames]);
}

function readGlobalId<TypeName extends IdentifiedTypeName>(
  globalId: string,
  typenames: readonly TypeName[],
): { typename: TypeName; id: string } | null {
  const [name, id, ...rest] = Buffer.from(globalId, 'base64').toString('latin1').split(':');
  const typename = typenames.find((candidate) => candidate === name);
  if (typename === undefined || rest.length > 0) return null;
  const plain = idSchemaOf(typename).safeParse(id);
  return plain.success ? { typename, id: plain.data } : null;
}
