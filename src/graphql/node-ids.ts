import SchemaBuilder, {
  BasePlugin,
  completeValue,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { encodeGlobalId } from './global-id.ts';

const pluginName = 'nodeIds';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      nodeIds: NodeIdsPlugin<Types>;
    }
  }
}

/** Returns the id of an object within its type: the `id.resolve` option of a node type. */
type IdReader = (parent: unknown, args: object, context: object) => unknown;

/** Returns a node type's reader of its objects' ids; null for other types. */
export function nodeIdReader(typeOptions: unknown): IdReader | null {
  if (typeof typeOptions !== 'object' || typeOptions === null || !('id' in typeOptions)) return null;
  const { id } = typeOptions;
  if (typeof id !== 'object' || id === null || !('resolve' in id)) return null;
  const { resolve } = id;
  return typeof resolve === 'function' ? (...args) => resolve(...args) : null;
}

/**
 * Resolves the global ids of nodes without a promise. The relay plugin's own resolver is asynchronous, which makes
 * every object of a page with an id asynchronous. It must be the last plugin, because it replaces the resolver that
 * others wrap.
 */
class NodeIdsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { name, parentType }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (name !== 'id') return resolver;
    const readId = nodeIdReader(this.buildCache.getTypeConfig(parentType).pothosOptions);
    if (!readId) return resolver;
    return (parent, args, context) =>
      completeValue(readId(parent, args, context), (id) => encodeGlobalId(parentType, String(id)));
  }
}

SchemaBuilder.registerPlugin(pluginName, NodeIdsPlugin);

export default pluginName;
