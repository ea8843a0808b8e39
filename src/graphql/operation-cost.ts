import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';
import type { CostInfluence } from './cost-variables.ts';
import { complexityOf } from './query-cost.ts';

/** Values of variables, by name. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The cost of one operation, which is added up once for all values of its variables that make no difference to it. */
export interface OperationCost {
  /**
   * @param coerced the variables as execution gets them.
   * @param raw the same as the client has sent them.
   * @throws {QueryTooComplexError} when the operation costs more than `limit`, selects too many fields to add up, or
   * asks for too long a description of the schema.
   */
  assertWithin(limit: number, coerced: Record<string, unknown>, raw: VariableValues): void;
}

/** The costs that are kept of one operation: a client that pages has few, and one that tries all sizes none kept. */
const maximumKept = 32;

/** Clients choose names for introspection as long as they like. */
const maximumSignatureLength = 512;

/** Either the cost, or the reason why there is none. */
type Verdict = number | QueryTooComplexError;

/** @param influences what counts of each variable: see {@link findCostInfluences}. */
export function createOperationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  influences: () => ReadonlyMap<string, CostInfluence>,
): OperationCost {
  const kept = new Map<string, Verdict>();
  const names = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const influenceOf = names.length === 0 ? new Map<string, CostInfluence>() : influences();
  const counting = names.flatMap((name) => {
    const influence = influenceOf.get(name);
    return influence === undefined ? [] : [{ name, influence }];
  });

  function verdictOn(coerced: Record<string, unknown>, raw: VariableValues): Verdict {
    const signature = counting
      .map(({ name, influence }) => signatureOf(name, influence, coerced, raw))
      .join();
    const known = kept.get(signature);
    if (known !== undefined) return known;
    const verdict = addUp(coerced);
    if (kept.size === maximumKept) kept.clear();
    if (signature.length <= maximumSignatureLength) kept.set(signature, verdict);
    return verdict;
  }

  function addUp(variables: Record<string, unknown>): Verdict {
    try {
      return complexityOf({ schema, document, operation, variables });
    } catch (error) {
      if (error instanceof QueryTooComplexError) return error;
      throw error;
    }
  }

  return {
    assertWithin(limit, coerced, raw) {
      const complexity = verdictOn(coerced, raw);
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

/** No signature of one value is that of another which could cost more or less. */
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
  // The client's JSON rather than what scalars have made of it. A variable that it left out has its default.
  return Object.hasOwn(raw, name) ? (JSON.stringify(raw[name]) ?? 'default') : 'default';
}
