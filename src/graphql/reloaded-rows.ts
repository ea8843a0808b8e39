import SchemaBuilder, { BasePlugin, type PothosTypeConfig, type SchemaTypes } from '@pothos/core';

const pluginName = 'reloadedRows';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      reloadedRows: ReloadedRowsPlugin<Types>;
    }
  }
}

/** Returns the Prisma plugin's loader of a type's rows for a request. */
type LoaderOf = (context: object) => object;

/**
 * Loads more of a row by its id alone. The Prisma plugin does so when two aliases of one field ask for different things,
 * with the condition by which a node is fetched; but the row is there already, through a field that may lead to deleted
 * rows, or to ones that its viewer has written and can't fetch.
 */
class ReloadedRowsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    const loaderOf = config.extensions?.pothosPrismaLoader;
    if (!isLoaderOf(loaderOf)) return config;
    const pothosPrismaLoader: LoaderOf = (context) => Object.assign(loaderOf(context), { findUnique: byId });
    return { ...config, extensions: { ...config.extensions, pothosPrismaLoader } };
  }
}

function isLoaderOf(extension: unknown): extension is LoaderOf {
  return typeof extension === 'function';
}

function byId({ id }: { readonly id: string }) {
  return { id };
}

SchemaBuilder.registerPlugin(pluginName, ReloadedRowsPlugin);

export default pluginName;
