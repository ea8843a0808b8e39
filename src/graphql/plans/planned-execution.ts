import {
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../../auth/viewer.ts';
import type { Context } from '../context.ts';
import type { VariableValues } from '../operation-cost.ts';
import type { PreparedOperation } from '../prepared-documents.ts';
import { prepareSelections, SelectionDependsOnRequest } from '../selection.ts';
import { compilePlan, type OperationPlan } from './compile-plan.ts';
import { executePlan } from './execute-plan.ts';
import { type Fragments, fragmentsOf } from './field-selections.ts';
import { GiveUp } from './readers.ts';

/**
 * Executes an operation by its plan.
 * @param variables the coerced values.
 * @returns null when there is no plan, or it does not fit. graphql-js then has to execute the operation; nothing has
 * been changed or answered.
 */
export type ExecuteByPlan = (
  operation: PreparedOperation,
  variables: VariableValues,
  context: Context,
) => Promise<ExecutionResult | null>;

/** Memory for all plans. */
const maximumBytes = 32 * 1_024 * 1_024;

/**
 * The approximate size of a plan for each character of its document: a field takes some 400 bytes, and as much again
 * for reading lists.
 */
const bytesPerCharacter = 80;

/** The operation's number, and its document's fragments. */
interface KnownOperation {
  readonly number: number;
  readonly fragments: Fragments;
}

/**
 * Compiles queries of viewers in a tenant. Guards that depend on no row are evaluated once per operation and set of
 * permissions, and objects are read without graphql-js, which takes more than half of a page's time. Everything else is
 * left to graphql-js.
 */
export function createPlannedExecution(schema: GraphQLSchema): ExecuteByPlan {
  const root = schema.getQueryType();
  const operations = new WeakMap<OperationDefinitionNode, KnownOperation>();
  let operationCount = 0;
  /** By operation and permissions; no plan if graphql-js has to execute the operation. */
  const plans = new LRUCache<string, { readonly plan: OperationPlan | null }>({ maxSize: maximumBytes });

  function know({ document, operation }: PreparedOperation): KnownOperation {
    const known = operations.get(operation);
    if (known) return known;
    const added = { number: operationCount++, fragments: fragmentsOf(document) };
    operations.set(operation, added);
    return added;
  }

  function remember(key: string, plan: OperationPlan | null, { text }: PreparedOperation): void {
    plans.set(key, { plan }, { size: key.length + text.length * bytesPerCharacter });
  }

  return async (prepared, variables, context) => {
    const { operation } = prepared;
    if (!root || operation.operation !== OperationTypeNode.QUERY) return null;
    // For everybody else, the guards give the reason.
    if (!context.isSignedIn || context.enteredTenantKey === null) return null;
    const { viewer } = context;
    const { number, fragments } = know(prepared);
    const key = `${number} ${permissionsKey(viewer)}`;
    const known = plans.get(key);
    const plan = known ? known.plan : compilePlan({ schema, fragments, viewer }, root, operation);
    if (!known) {
      for (const field of plan?.fields ?? []) if ('nodes' in field) prepareSelections(field.nodes);
      remember(key, plan, prepared);
    }
    if (!plan) return null;
    try {
      return await executePlan(plan, { schema, root, fragments, operation, variables, context });
    } catch (error) {
      if (error instanceof SelectionDependsOnRequest) remember(key, null, prepared);
      else if (!(error instanceof GiveUp)) throw error;
      return null;
    }
  };
}

/** A viewer stays the same object from request to request until their rights are reread. */
const permissionsKeys = new WeakMap<Viewer, string>();

/** Distinguishes viewers for whom guards may decide differently: see hasPermission. */
function permissionsKey(viewer: Viewer): string {
  const known = permissionsKeys.get(viewer);
  if (known !== undefined) return known;
  const key = `${viewer.role} ${[...viewer.permissions].sort().join(' ')}`;
  permissionsKeys.set(viewer, key);
  return key;
}
