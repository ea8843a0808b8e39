import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import { z } from 'zod';
import { rootFields } from '../support/full-operation.ts';
import type { ClientAnswer, GraphQLClient } from '../support/graphql-client.ts';
import { sampleArguments } from '../support/sample-arguments.ts';
import type { RootRequest, TypePath } from './root-request.ts';
import { fieldArguments, nothingIn } from './root-requests.ts';
import type { Rows } from './rows.ts';
import type { Audience, CreateViewer, PermissionHolder, Unserved, Viewer } from './viewers.ts';

/** The error codes that refuse a viewer for who they are: what they may not even decide about is not there for them. */
const refusals = ['UNAUTHENTICATED', 'FORBIDDEN', 'TENANT_REQUIRED', 'NOT_FOUND'];

const refusedReferenceSchema = z.object({
  code: z.literal('VALIDATION_FAILED'),
  fields: z.array(z.object({ reason: z.literal('NOT_FOUND') })).nonempty(),
});

/** A row that everybody's request refers to doesn't exist for a viewer who may not read it. */
const refersToNothing = ({ extensions }: ClientAnswer['errors'][number]) =>
  refusedReferenceSchema.safeParse(extensions).success;

/**
 * The outcome of a request: `allowed`, `nothing` where there is nothing for the viewer, or the code of a refusal. It is
 * in parentheses when the path to the field was already refused.
 */
export type Outcome = string;

/** Sends real requests and returns their outcomes. */
export interface AccessProbe {
  /** Returns the outcome of a request for a root field. */
  rootField(coordinate: string, request: RootRequest, who: Audience | PermissionHolder): Promise<Outcome>;
  /** Returns the outcomes of the fields of the type at the end of a path, by field name. */
  fieldsOf(
    type: GraphQLObjectType,
    path: TypePath,
    who: Audience | PermissionHolder,
  ): Promise<Record<string, Outcome>>;
}

/** Creates a probe of an application with rows in it. */
export function createAccessProbe(
  schema: GraphQLSchema,
  graphql: GraphQLClient,
  rows: Rows,
  createViewer: CreateViewer,
): AccessProbe {
  const readers = new Map<string, Promise<Viewer>>();

  /** Viewers of queries are reused. A mutation gets a new viewer, because it may end the viewer's session. */
  function viewerFor(root: string, who: Audience | PermissionHolder): Promise<Viewer> {
    if (root.startsWith('Mutation.')) return createViewer(who);
    const name = JSON.stringify(who);
    const known = readers.get(name) ?? createViewer(who);
    readers.set(name, known);
    return known;
  }

  async function ask(
    root: string,
    request: RootRequest,
    selection: string,
    who: Audience | PermissionHolder,
  ): Promise<ClientAnswer> {
    const field = rootFields(schema).get(root);
    if (!field) throw new Error(`The schema has no field ${root}`);
    const viewer = await viewerFor(root, who);
    const variables = { ...(await request.variables(rows, viewer)) };
    const given = field.args.filter(({ name }) => name in variables);
    const list = (items: readonly string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
    const declared = list(given.map(({ name, type }) => `$${name}: ${String(type)}`));
    const passed = list(given.map(({ name }) => `${name}: $${name}`));
    const kind = root.startsWith('Mutation.') ? 'mutation' : 'query';
    const answer = await graphql(`${kind} ${declared} { ${field.name}${passed} ${selection} }`, {
      token: request.alone ? undefined : viewer.token,
      variables,
    });
    const wrong = answer.errors.filter(
      (error) => !refusals.includes(String(error.extensions.code)) && !refersToNothing(error),
    );
    if (wrong.length > 0) {
      throw new Error(`${root} ${selection} as ${JSON.stringify(who)}: ${JSON.stringify(answer.errors)}`);
    }
    return answer;
  }

  const isExpected = (who: Audience | PermissionHolder, nothingFor: readonly Unserved[] = []) =>
    nothingFor.includes(typeof who === 'string' ? who : 'holders');

  /** A field of a type with the arguments that it needs. */
  const selectionIn =
    (owner: GraphQLObjectType) =>
    ({ name, type, args }: GraphQLField<unknown, unknown>): string => {
      const passed =
        fieldArguments[`${owner.name}.${name}`] ?? sampleArguments(args.filter(isRequiredArgument));
      return `${name}${passed} ${smallestSelection(type)}`;
    };

  /** Derives a field's outcome from its value. */
  function outcomeOf(
    coordinate: string,
    type: GraphQLOutputType,
    value: unknown,
    who: Audience | PermissionHolder,
    nothingFor: readonly Unserved[] = [],
  ): Outcome {
    if (value !== null || isLeafType(getNamedType(type))) return 'allowed';
    if (isExpected(who, nothingFor)) return 'nothing';
    throw new Error(`${coordinate} is empty for ${JSON.stringify(who)}: its outcome is unknown.`);
  }

  return {
    async rootField(coordinate, request, who) {
      const field = rootFields(schema).get(coordinate);
      if (!field) throw new Error(`The schema has no field ${coordinate}`);
      const { data, codes } = await ask(coordinate, request, smallestSelection(field.type), who);
      if (codes[0] !== undefined) return codes[0];
      return outcomeOf(coordinate, field.type, firstOf(data[field.name]), who, request.nothingFor);
    },

    async fieldsOf(type, { root, request, fields, nothingFor }, who) {
      const all = Object.values(type.getFields());
      const rootName = root.replace(/^\w+\./, '');
      // A field of the path may have arguments, which its answer has not.
      const steps = [rootName, ...fields.map((field) => field.replace(/\(.*$/, ''))];

      const askFor = (asked: readonly GraphQLField<unknown, unknown>[]) =>
        ask(
          root,
          request,
          fields.reduceRight(
            (inner, name) => `{ ${name} ${inner} }`,
            `{ __typename ${asked.map(selectionIn(type)).join(' ')} }`,
          ),
          who,
        );
      const read = (data: unknown) =>
        steps.reduce<unknown>((value, name) => firstOf(propertyOf(value, name)), data);

      /** Asks for the fields together, and once more for those that are left when some are refused. */
      async function probe(
        asked: readonly GraphQLField<unknown, unknown>[],
      ): Promise<Record<string, Outcome>> {
        const { data, errors } = await askFor(asked);
        const refused: Record<string, Outcome> = {};
        for (const { path = [], extensions } of errors) {
          const names = path.filter((step) => typeof step === 'string');
          const name = names[steps.length];
          if (name === undefined) {
            return Object.fromEntries(asked.map((field) => [field.name, `(${extensions.code})`]));
          }
          refused[name] ??= extensions.code;
        }
        if (errors.length > 0) {
          const left = asked.filter(({ name }) => refused[name] === undefined);
          if (left.length === asked.length)
            throw new Error(`An error names no field: ${JSON.stringify(errors)}`);
          return left.length === 0 ? refused : { ...refused, ...(await probe(left)) };
        }
        const parent = read(data);
        if (parent === null || parent === undefined) {
          if (isExpected(who, nothingFor)) {
            return Object.fromEntries(asked.map(({ name }) => [name, '(nothing)']));
          }
          throw new Error(`There is no ${type.name} at ${steps.join('.')} for ${JSON.stringify(who)}`);
        }
        return Object.fromEntries(
          asked.map(({ name, type: fieldType }) => {
            const coordinate = `${type.name}.${name}`;
            const value = firstOf(propertyOf(parent, name));
            return [name, outcomeOf(coordinate, fieldType, value, who, nothingIn[coordinate])];
          }),
        );
      }

      return probe(all);
    },
  };
}

/** Returns the smallest selection that shows whether a field's object may be read: one scalar of it. */
function smallestSelection(outputType: GraphQLOutputType): string {
  const type = getNamedType(outputType);
  if (isUnionType(getNamedType(outputType))) return '{ __typename }';
  if (isInterfaceType(type)) return '{ id }';
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields());
  const leaf =
    fields.find(({ name }) => name === 'uuid') ??
    fields.find((field) => isLeafType(getNamedType(field.type)));
  if (leaf) return `{ ${leaf.name} }`;
  const [first] = fields;
  return first ? `{ ${first.name} ${smallestSelection(first.type)} }` : '';
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Returns the first item of a list; null for an empty one. */
function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value[0] ?? null) : value;
}
