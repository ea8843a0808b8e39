import {
  type FieldNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  type SelectionSetNode,
} from 'graphql';
import { z } from 'zod';
import { earliestMoment, latestMoment, unstorableText } from '../db/storable.ts';
import {
  type FieldMessage,
  type FieldProblem,
  maximumProblems,
  message,
  QueryTooComplexError,
  ValidationFailedError,
} from '../errors/index.ts';
import { isGlobalId } from './global-id.ts';

type Path = FieldProblem['path'];

/** Returns the problems of a scalar's value, with their paths. */
type ScalarRule = (value: unknown, path: Path, counter: Counter) => Iterable<FieldProblem>;

const nothing: ScalarRule = () => [];
const uuidSchema = z.guid();
/** More digits than any column has. */
const decimalText = /^-?\d{1,64}(?:\.\d{1,64})?$/;

/** The rules by scalar name. The server doesn't start if a scalar is missing here. */
const scalarRules: Readonly<Record<string, ScalarRule>> = {
  Boolean: nothing,
  Float: one((value) => numberProblem(Number(value))),
  ID: one(textProblem),
  String: one(textProblem),
  UUID: one((value) => (uuidSchema.safeParse(value).success ? null : message('field.uuid'))),
  // GraphQL itself refuses anything that isn't a 32-bit integer; see value-problem.ts.
  Int: nothing,
  DateTime: one((value) =>
    value instanceof Date && value >= earliestMoment && value <= latestMoment
      ? null
      : message('field.dateTime'),
  ),
  Date: one((value) =>
    value instanceof Date && !Number.isNaN(value.getTime()) ? null : message('field.date'),
  ),
  Decimal: one((value) => (decimalText.test(String(value)) ? null : message('field.decimal'))),
  JSON: jsonProblems,
};

/**
 * The maximum number of values to check for one request. A body within the size limit has fewer, but a query can pass a
 * variable to very many fields, each of which checks it before it knows the viewer.
 */
const maximumValues = 500_000;

/** The number of values checked for each request, by its variables. */
const checkedValues = new WeakMap<object, number>();

/**
 * Wraps every root field so that it first checks its own arguments and those of all fields below it. Values that
 * PostgreSQL or JSON can't store reach no resolver, whichever argument they are in.
 */
export function refuseUnusableArguments(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type) && !Object.hasOwn(scalarRules, type.name)) {
      throw new Error(`There is no rule for values of the scalar ${type.name}.`);
    }
  }
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve } = field;
      if (!resolve) throw new Error(`The root field ${field.name} has no resolver.`);
      field.resolve = (source, args, context, info) => {
        const problems = argumentProblems(info);
        if (problems.length > 0) throw new ValidationFailedError(problems);
        return resolve(source, args, context, info);
      };
    }
  }
}

/** Returns the problems of the arguments of the field being resolved, and of the fields below it. */
function argumentProblems({
  schema,
  parentType,
  fieldNodes,
  fragments,
  variableValues,
}: GraphQLResolveInfo): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  const counter = countValues(variableValues);

  function addAll(found: Iterable<FieldProblem>): void {
    for (const problem of found) {
      if (problems.length === maximumProblems) return;
      problems.push(problem);
    }
  }

  function lookAtField(type: GraphQLNamedType, node: FieldNode): void {
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    // `__typename` and introspection have no arguments that are stored.
    if (!field) return;
    if (node.arguments?.length) {
      const values = getArgumentValues(field, node, variableValues);
      for (const { name, type: argumentType, extensions } of field.args) {
        addAll(inputProblems(argumentType, values[name], [name], counter));
        if (extensions.isRelayGlobalID === true) addAll(globalIdProblems(values[name], [name]));
      }
    }
    if (node.selectionSet) lookAtSelection(getNamedType(field.type), node.selectionSet);
  }

  function lookAtSelection(type: GraphQLNamedType, { selections }: SelectionSetNode): void {
    for (const selection of selections) {
      switch (selection.kind) {
        case 'Field':
          lookAtField(type, selection);
          break;
        case 'InlineFragment':
          lookAtSelection(namedType(selection.typeCondition?.name.value, type), selection.selectionSet);
          break;
        case 'FragmentSpread': {
          const fragment = fragments[selection.name.value];
          if (!fragment || seen.has(selection.name.value)) break;
          seen.add(selection.name.value);
          lookAtSelection(namedType(fragment.typeCondition.name.value, type), fragment.selectionSet);
        }
      }
    }
  }

  function namedType(name: string | undefined, otherwise: GraphQLNamedType): GraphQLNamedType {
    return (name === undefined ? undefined : schema.getType(name)) ?? otherwise;
  }

  for (const node of fieldNodes) lookAtField(parentType, node);
  return problems;
}

/** Counts one more value. */
type Counter = () => void;

/** @returns a function that throws {@link QueryTooComplexError} when the request has too many values. */
function countValues(variableValues: object): Counter {
  return () => {
    const count = (checkedValues.get(variableValues) ?? 0) + 1;
    if (count > maximumValues) {
      throw new QueryTooComplexError(message('request.tooManyValues', { limit: maximumValues }), {
        limit: maximumValues,
      });
    }
    checkedValues.set(variableValues, count);
  };
}

function* inputProblems(
  type: GraphQLInputType,
  value: unknown,
  path: Path,
  counter: Counter,
): Iterable<FieldProblem> {
  if (value == null || isEnumType(type)) return;
  if (isNonNullType(type)) {
    yield* inputProblems(type.ofType, value, path, counter);
  } else if (isListType(type)) {
    for (const [index, item] of entriesOf(value)) {
      yield* inputProblems(type.ofType, item, [...path, index], counter);
    }
  } else if (isInputObjectType(type)) {
    const fields = type.getFields();
    for (const [name, inner] of Object.entries(value)) {
      const field = fields[name];
      if (field) yield* inputProblems(field.type, inner, [...path, name], counter);
    }
  } else {
    counter();
    yield* scalarRules[type.name]?.(value, path, counter) ?? [];
  }
}

/** Finds what is no global id at its own place: the relay plugin decodes ids without knowing where they stand. */
function* globalIdProblems(value: unknown, path: Path): Iterable<FieldProblem> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* globalIdProblems(item, [...path, index]);
  } else if (typeof value === 'string' && textProblem(value) === null && !isGlobalId(value)) {
    yield { path, message: message('field.globalId') };
  }
}

function one(problemOf: (value: unknown) => FieldMessage | null): ScalarRule {
  return (value, path) => {
    const problem = problemOf(value);
    return problem ? [{ path, message: problem }] : [];
  };
}

function textProblem(value: unknown): FieldMessage | null {
  switch (typeof value === 'string' ? unstorableText(value) : null) {
    case 'nul':
      return message('field.controlCharacters');
    case 'surrogate':
      return message('field.halfCharacter');
    case null:
      return null;
  }
}

/** A JSON array or object. */
interface JsonPlace {
  readonly value: object;
  readonly key: string | number;
  readonly parent: JsonPlace | null;
}

/** Checks all objects and arrays, however deeply nested, in a loop rather than by recursion. */
function* jsonProblems(root: unknown, path: Path, counter: Counter): Iterable<FieldProblem> {
  const problem = jsonScalarProblem(root);
  if (problem) yield { path, message: problem };
  const waiting: JsonPlace[] = isObject(root) ? [{ value: root, key: '', parent: null }] : [];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    for (const [key, inner] of entriesOf(place.value)) {
      counter();
      const keyProblem = key === '__proto__' ? message('field.reservedName') : textProblem(key);
      // Reported on the containing object, because a key that can't be stored can't be shown in a path either.
      if (keyProblem) yield { path: [...path, ...pathTo(place)], message: keyProblem };
      else if (isObject(inner)) waiting.push({ value: inner, key, parent: place });
      else {
        const innerProblem = jsonScalarProblem(inner);
        if (innerProblem) yield { path: [...path, ...pathTo(place), key], message: innerProblem };
      }
    }
  }
}

function jsonScalarProblem(value: unknown): FieldMessage | null {
  return typeof value === 'number' ? numberProblem(value) : textProblem(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function entriesOf(value: object): Iterable<[string | number, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

/** JSON has no infinity: a number too large for a double would be stored as null. */
function numberProblem(value: number): FieldMessage | null {
  return Number.isFinite(value) ? null : message('field.numberTooLarge');
}

function pathTo(place: JsonPlace): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at.parent; at = at.parent) path.push(at.key);
  return path.reverse();
}
