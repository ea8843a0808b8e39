import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';

const pluginName = 'isolatedRefusals';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      isolatedRefusals: IsolatedRefusalsPlugin<Types>;
    }
  }
}

/** The types whose fields clients select side by side. */
export const rootTypeNames: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * Makes every root field nullable, and every field with its own guard, so that a refusal nulls that field alone and its
 * siblings are answered. Resolvers stay as strict as their declarations: without an error they return no null. Objects
 * that their own type may refuse are handled in refusable-fields.ts.
 */
class IsolatedRefusalsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { parentType, type } = config;
    const isGuarded = 'authScopes' in config.pothosOptions && Boolean(config.pothosOptions.authScopes);
    return rootTypeNames.has(parentType) || isGuarded
      ? { ...config, type: { ...type, nullable: true } }
      : config;
  }
}

SchemaBuilder.registerPlugin(pluginName, IsolatedRefusalsPlugin);

export default pluginName;
