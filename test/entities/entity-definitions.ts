import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { type EntityName, entities } from '../../src/catalogue/entities.ts';

const names = entities.map(({ name }) => name);

const definitionSchema = z.object({
  name: z.enum(names),
  columns: z.array(
    z.tuple([
      z.string(),
      z.object({
        type: z.union([z.string(), z.tuple([z.literal('String')]), z.record(z.string(), z.string())]),
        schema: z.instanceof(z.ZodType),
        references: z.enum(names).nullable(),
        isNullable: z.boolean(),
        creation: z.string(),
      }),
    ]),
  ),
  search: z.array(z.string()),
  searchLowerCase: z.array(z.string()).default([]),
  unique: z.record(z.string(), z.string()),
  uniqueWords: z.record(z.string(), z.string().nullable()).default({}),
});

/** The parts of an entity's definition that the tests compare with the database and the table of entities. */
export type EntityDefinition = z.output<typeof definitionSchema>;

const modules = new URL('../../src/modules/', import.meta.url);

async function readDefinitions(): Promise<ReadonlyMap<EntityName, EntityDefinition>> {
  const found = new Map<EntityName, EntityDefinition>();
  for (const path of await readdir(modules, { recursive: true })) {
    if (!path.endsWith('.service.ts')) continue;
    const exported: object = await import(new URL(path, modules).href);
    for (const value of Object.values(exported)) {
      const definition = definitionSchema.safeParse(value).data;
      if (definition) found.set(definition.name, definition);
    }
  }
  return found;
}

const definitions = await readDefinitions();

/** An entity as its service defines it. */
export function definitionOf(name: EntityName): EntityDefinition {
  const found = definitions.get(name);
  if (!found) {
    throw new Error(
      `No src/modules/…/….service.ts exports defineEntity('${name}', …), which the tests look for.`,
    );
  }
  return found;
}

/** The most characters that a field's schema lets through; null when it has no such bound. */
export function longestText(schema: z.ZodType): number | null {
  if (schema instanceof z.ZodNullable) return longestText(z.instanceof(z.ZodType).parse(schema.unwrap()));
  if (schema instanceof z.ZodPipe) return longestText(z.instanceof(z.ZodType).parse(schema.in));
  return schema instanceof z.ZodString ? schema.maxLength : null;
}

/** The digits before and after the point that a field's schema lets through; null when it has no such bound. */
export function mostDigits(schema: z.ZodType): { readonly whole: number; readonly fraction: number } | null {
  const { error } = schema.safeParse(`1${'0'.repeat(500)}`);
  const digits = z.object({ params: z.object({ whole: z.int(), fraction: z.int() }) });
  return error?.issues.map((issue) => digits.safeParse(issue).data?.params).find(Boolean) ?? null;
}
