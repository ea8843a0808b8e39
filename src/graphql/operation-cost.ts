import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';
import type { CostInfluence } from './cost-variables.ts';
import { complexityOf } from './query-cost.ts';

/** Values of variables, by name. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The cost of one operation. It is computed once for all values of its variables that make no difference to it. */
export interface OperationCost {
  /**
   * @param coerced the variables as passed to execution.
   * @param raw the variables as the client sent them.
   * @throws {QueryTooComplexError} when the operation costs more than `limit`, selects too many fields to add up, or
   * asks for too long a description of the schema.
   */
  assertWithin(limit: number, coerced: Record<string, unknown>, raw: VariableValues): void;
}

/**
 * The number of costs to cache for one operation. A client that pages needs few; one that tries all sizes gains
 * nothing.
 */
const maximumCached = 32;

/** Clients may choose names of any length for introspection. */
const maximumSignatureLength = 512;

/** The cost, or the reason why there is none. */
type Price = number | QueryTooComplexError;

/** @param influences the part of each variable that counts: see {@link findCostInfluences}. */
export function createOperationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  influences: () => ReadonlyMap<string, CostInfluence>,
): OperationCost {
  const cached = new Map<string, Price>();
  const names = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const influenceOf = names.length === 0 ? new Map<string, CostInfluence>() : influences();
  const counting = names.flatMap((name) => {
    const influence = influenceOf.get(name);
    return influence === undefined ? [] : [{ name, influence }];
  });

  function priceOf(coerced: Record<string, unknown>, raw: VariableValues): Price {
    const signature = counting
      .map(({ name, influence }) => signatureOf(name, influence, coerced, raw))
      .join();
    const known = cached.get(signature);
    if (known !== undefined) return known;
    const price = addUp(coerced);
    if (cached.size === maximumCached) cached.clear();
    if (signature.length <= maximumSignatureLength) cached.set(signature, price);
    return price;
  }

  function addUp(variables: Record<string, unknown>): Price {
    try {
      return complexityOf({ schema, document, operation, variables });
    } catch (error) {
      if (error instanceof QueryTooComplexError) return error;
      throw error;
    }
  }

  return {
    assertWithin(limit, coerced, raw) {
      const complexity = priceOf(coerced, raw);
      if (typeof complexity !== 'number') throw complexity;
      if (complexity > limit) {
        throw new QueryTooComplexError(message('request.tooCostly', { complexity, limit }), {
          complexity,
          limit,
        });
      }
    },
  };
}

/** Two values have the same signature only if they can't differ in cost. */
function signatureOf(
  name: string,
  influence: CostInfluence,
  coerced: VariableValues,
  raw: VariableValues,
): string {
  if (!Object.hasOwn(coerced, name)) return 'absent';
  const value = coerced[name];
  if (value == null) return 'null';
  if (influence === 'presence') return 'present';
  if (influence === 'length' && Array.isArray(value)) return `#${value.length}`;
  // Uses the client's JSON rather than the scalars' results. An omitted variable has its default.
  return Object.hasOwn(raw, name) ? (JSON.stringify(raw[name]) ?? 'default') : 'default';
}
