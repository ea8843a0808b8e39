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
} from 'graphql';
import { rootFields } from '../support/full-operation.ts';
import type { ClientAnswer, GraphQLClient } from '../support/graphql-client.ts';
import type { Rows } from './rows.ts';
import type { Audience, PermissionHolder, Viewer, ViewerMaker } from './viewers.ts';
import type { Reach, Way } from './way.ts';
import { nothingIn } from './ways.ts';

/** The codes by which somebody is kept from something for who they are. */
const refusals = ['UNAUTHENTICATED', 'FORBIDDEN', 'TENANT_REQUIRED'];

/** What somebody gets: `allowed`, `nothing` where there is nothing for them, or the code of a refusal, in parentheses when the way there was refused already. */
export type Verdict = string;

/** Asks real questions, and says what came of them. */
export interface Judge {
  /** Who may ask for a root field that way. */
  rootField(coordinate: string, way: Way, who: Audience | PermissionHolder): Promise<Verdict>;
  /** Who may see the fields of the type at the end of that way, by the fields' names. */
  fieldsOf(
    type: GraphQLObjectType,
    reach: Reach,
    who: Audience | PermissionHolder,
  ): Promise<Record<string, Verdict>>;
}

/** Makes a judge over an application with rows in it. */
export function createJudge(
  schema: GraphQLSchema,
  graphql: GraphQLClient,
  rows: Rows,
  makeViewer: ViewerMaker,
): Judge {
  const readers = new Map<string, Promise<Viewer>>();

  /** Who only reads may do so again; who changes something may have lost their session by it. */
  function viewerFor(root: string, who: Audience | PermissionHolder): Promise<Viewer> {
    if (root.startsWith('Mutation.')) return makeViewer(who);
    const name = JSON.stringify(who);
    const known = readers.get(name) ?? makeViewer(who);
    readers.set(name, known);
    return known;
  }

  async function ask(
    root: string,
    way: Way,
    selection: string,
    who: Audience | PermissionHolder,
  ): Promise<ClientAnswer> {
    const field = rootFields(schema).get(root);
    if (!field) throw new Error(`The schema has no field ${root}`);
    const viewer = await viewerFor(root, who);
    const variables = { ...(await way.variables(rows, viewer)) };
    const given = field.args.filter(({ name }) => name in variables);
    const list = (items: readonly string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
    const declared = list(given.map(({ name, type }) => `$${name}: ${String(type)}`));
    const passed = list(given.map(({ name }) => `${name}: $${name}`));
    const kind = root.startsWith('Mutation.') ? 'mutation' : 'query';
    const answer = await graphql(`${kind} ${declared} { ${field.name}${passed} ${selection} }`, {
      token: way.alone ? undefined : viewer.token,
      variables,
    });
    const wrong = answer.codes.filter((code) => !refusals.includes(code));
    if (wrong.length > 0) {
      throw new Error(`${root} ${selection} as ${JSON.stringify(who)}: ${JSON.stringify(answer.errors)}`);
    }
    return answer;
  }

  const isExpected = (who: Audience | PermissionHolder, nothingFor: readonly Audience[] = []) =>
    typeof who === 'string' && nothingFor.includes(who);

  /** Reads the verdict on a field from what it holds. */
  function verdictOn(
    coordinate: string,
    type: GraphQLOutputType,
    value: unknown,
    who: Audience | PermissionHolder,
    nothingFor: readonly Audience[] = [],
  ): Verdict {
    if (value !== null || isLeafType(getNamedType(type))) return 'allowed';
    if (isExpected(who, nothingFor)) return 'nothing';
    throw new Error(`${coordinate} is empty for ${JSON.stringify(who)}: nothing can be said of it.`);
  }

  return {
    async rootField(coordinate, way, who) {
      const field = rootFields(schema).get(coordinate);
      if (!field) throw new Error(`The schema has no field ${coordinate}`);
      const { data, codes } = await ask(coordinate, way, probe(field.type), who);
      if (codes[0] !== undefined) return codes[0];
      return verdictOn(coordinate, field.type, firstOf(data[field.name]), who, way.nothingFor);
    },

    async fieldsOf(type, { root, way, fields, nothingFor }, who) {
      const all = Object.values(type.getFields());
      const unreachable = all.find(({ args }) => args.some(isRequiredArgument));
      if (unreachable) throw new Error(`${type.name}.${unreachable.name} needs arguments`);
      const rootName = root.replace(/^\w+\./, '');
      const steps = [rootName, ...fields];

      const askFor = (asked: readonly GraphQLField<unknown, unknown>[]) =>
        ask(
          root,
          way,
          fields.reduceRight(
            (inner, name) => `{ ${name} ${inner} }`,
            `{ __typename ${asked.map(({ name, type: fieldType }) => `${name} ${probe(fieldType)}`).join(' ')} }`,
          ),
          who,
        );
      const read = (data: unknown) =>
        steps.reduce<unknown>((value, name) => firstOf(propertyOf(value, name)), data);

      async function judge(
        asked: readonly GraphQLField<unknown, unknown>[],
      ): Promise<Record<string, Verdict> | 'one of them is refused'> {
        const { data, errors } = await askFor(asked);
        const [error] = errors;
        if (error) {
          const depth = (error.path ?? []).filter((step) => typeof step === 'string').length;
          if (depth <= steps.length) {
            return Object.fromEntries(asked.map(({ name }) => [name, `(${error.extensions.code})`]));
          }
          const [alone] = asked;
          return alone && asked.length === 1
            ? { [alone.name]: error.extensions.code }
            : 'one of them is refused';
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
            return [name, verdictOn(coordinate, fieldType, value, who, nothingIn[coordinate])];
          }),
        );
      }

      const together = await judge(all);
      if (together !== 'one of them is refused') return together;
      const verdicts: Record<string, Verdict> = {};
      for (const field of all) Object.assign(verdicts, await judge([field]));
      return verdicts;
    },
  };
}

/** The least selection that shows whether the object behind a field may be seen: one plain value of it. */
function probe(outputType: GraphQLOutputType): string {
  const type = getNamedType(outputType);
  if (isInterfaceType(type)) return '{ id }';
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields());
  const leaf =
    fields.find(({ name }) => name === 'uuid') ??
    fields.find((field) => isLeafType(getNamedType(field.type)));
  if (leaf) return `{ ${leaf.name} }`;
  const [first] = fields;
  return first ? `{ ${first.name} ${probe(first.type)} }` : '';
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The first entry of a list; null of an empty one. */
function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value[0] ?? null) : value;
}
