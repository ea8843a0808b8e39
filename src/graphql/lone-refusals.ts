import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';

const pluginName = 'loneRefusals';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      loneRefusals: LoneRefusalsPlugin<Types>;
    }
  }
}

/** The types whose fields clients ask for side by side. */
export const rootTypeNames: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * Makes every root field nullable, and every field with a guard of its own, so that a refusal nulls that field alone and
 * what stands beside it is answered. Resolvers stay as strict as their declarations: without an error they return no
 * null. Objects that their own type may refuse are seen to in refusable-fields.ts.
 */
class LoneRefusalsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { parentType, type } = config;
    const isGuarded = 'authScopes' in config.pothosOptions && Boolean(config.pothosOptions.authScopes);
    return rootTypeNames.has(parentType) || isGuarded
      ? { ...config, type: { ...type, nullable: true } }
      : config;
  }
}

SchemaBuilder.registerPlugin(pluginName, LoneRefusalsPlugin);

export default pluginName;
