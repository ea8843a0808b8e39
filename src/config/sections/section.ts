import { z } from 'zod';
import type { Environment } from '../process-environment.ts';

/** The name of the environment variable that each field is read from. */
const variableNames = z.registry<{ readonly name: string }>();

/** The variables that each section reads. */
const sectionVariables = new WeakMap<object, readonly string[]>();

/** Declares that a field of a section is read from the environment variable `name`. */
export function variable<T extends z.ZodType>(name: string, type: T): T {
  // A copy: several variables may be of one type.
  const field: z.ZodType & T = type.clone();
  variableNames.add(field, { name });
  return field;
}

/**
 * Creates one concern of the configuration: reads its fields from the environment, and builds its part of the
 * configuration. Its faults name environment variables. Sections are put together with `.and()`, and a fault in one
 * does not hide those of the others.
 * @param fields variables, or objects of them; a refinement says what has to fit together.
 */
export function section<S extends z.ZodRawShape, T>(
  fields: z.ZodObject<S>,
  build: (read: z.output<z.ZodObject<S>>) => T,
) {
  const type = z.custom<Environment>().transform((environment, context): T => {
    const result = fields.safeParse(valuesOf(fields.shape, environment));
    if (result.success) return build(result.data);
    for (const { path, message } of result.error.issues) {
      context.addIssue({ code: 'custom', path: variablePath(fields.shape, path), message });
    }
    return z.NEVER;
  });
  sectionVariables.set(type, variablesIn(fields.shape));
  return type;
}

/** Returns the names of the variables that a section reads, or several put together. */
export function variablesOf(type: z.core.$ZodType): string[] {
  if (type instanceof z.ZodIntersection) {
    return [...new Set([...variablesOf(type.def.left), ...variablesOf(type.def.right)])];
  }
  return [...(sectionVariables.get(type) ?? [])];
}

function variablesIn(shape: z.ZodRawShape): string[] {
  return Object.values(shape).flatMap((field) => {
    if (field instanceof z.ZodObject) return variablesIn(field.shape);
    return variableNames.get(field)?.name ?? [];
  });
}

function valuesOf(shape: z.ZodRawShape, environment: Environment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]) => {
      if (field instanceof z.ZodObject) return [key, valuesOf(field.shape, environment)];
      const name = variableNames.get(field)?.name;
      return [key, name === undefined ? undefined : presentValue(environment[name])];
    }),
  );
}

/** A blank variable means the same as an absent one: `REDIS_URL=` in an env file turns Redis off. */
function presentValue(value: string | undefined): string | undefined {
  return value?.trim() === '' ? undefined : value;
}

/** Replaces the fields at the start of an issue's path by the name of the variable. */
function variablePath(shape: z.ZodRawShape, [key, ...rest]: readonly PropertyKey[]): PropertyKey[] {
  const field = shape[String(key)];
  if (field instanceof z.ZodObject) return variablePath(field.shape, rest);
  return [(field && variableNames.get(field)?.name) ?? String(key), ...rest];
}
