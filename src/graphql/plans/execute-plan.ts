import {
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from '../context.ts';
import { SelectionDependsOnRequest } from '../selection.ts';
import type { OperationPlan, RootFieldPlan } from './compile-plan.ts';
import type { Fragments } from './field-selections.ts';
import { GiveUp, type Run } from './readers.ts';

/** The circumstances of one execution of a plan. */
export interface PlanExecution {
  readonly schema: GraphQLSchema;
  readonly root: GraphQLObjectType;
  readonly fragments: Fragments;
  readonly operation: OperationDefinitionNode;
  readonly variables: Record<string, unknown>;
  readonly context: Context;
}

/**
 * Executes a plan: each root field with its guards and its resolver, one after another as in serial-queries.ts, and
 * everything below with the plan's readers.
 * @throws {GiveUp} when the plan does not fit the loaded data, or when one of several root fields fails: graphql-js
 * starts all of them at once, and which errors it reports, in which order, depends on when each one fails. Nothing has
 * been answered at that point.
 */
export async function executePlan(plan: OperationPlan, execution: PlanExecution): Promise<ExecutionResult> {
  const { context } = execution;
  const rootFields = plan.fields.filter((field) => !('typename' in field)).length;
  const errors: GraphQLError[] = [];
  const data: Record<string, unknown> = {};
  for (const field of plan.fields) {
    if ('typename' in field) {
      data[field.key] = field.typename;
      continue;
    }
    const run: Run = { context, viewerId: context.viewer.userId, pending: [] };
    const { value, error } = await executeRootField(field, execution, run);
    data[field.key] = value;
    if (!error) continue;
    if (rootFields > 1) throw new GiveUp('One of several root fields has failed.', { cause: error });
    errors.push(error);
  }
  return errors.length === 0 ? { data } : { errors, data };
}

/** Returns the result of one root field; null with an error. */
interface RootFieldResult {
  readonly value: unknown;
  readonly error: GraphQLError | null;
}

async function executeRootField(
  field: RootFieldPlan,
  execution: PlanExecution,
  run: Run,
): Promise<RootFieldResult> {
  let value: unknown;
  try {
    value = await resolveRootField(field, execution);
  } catch (error) {
    return failure(error, field.nodes, [field.key]);
  }
  const answer = field.read(value ?? null, run);
  for (const pending of run.pending) {
    let later: unknown;
    try {
      later = await pending.value;
    } catch (error) {
      return failure(error, pending.field.nodes, pending.field.path);
    }
    pending.put(pending.field.complete(later, run));
  }
  return { value: answer, error: null };
}

function failure(error: unknown, nodes: readonly FieldNode[], path: readonly string[]): RootFieldResult {
  if (error instanceof GiveUp || error instanceof SelectionDependsOnRequest) throw error;
  return { value: null, error: locatedError(error, [...nodes], [...path]) };
}

function resolveRootField({ key, nodes, definition }: RootFieldPlan, execution: PlanExecution): unknown {
  const { schema, root, fragments, operation, variables, context } = execution;
  const { resolve, name: fieldName } = definition;
  if (!resolve) throw new GiveUp('A root field has no resolver.');
  return resolve(undefined, getArgumentValues(definition, nodes[0], variables), context, {
    fieldName,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType: root,
    path: { prev: undefined, key, typename: root.name },
    schema,
    fragments,
    rootValue: undefined,
    operation,
    variableValues: variables,
  });
}
