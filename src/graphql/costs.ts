/**
 * The extension of a field that costs something else for each object that it belongs to: a plain value that another
 * database has to be asked for, or objects that come with the one that they belong to.
 */
export function costs(complexity: number): { readonly complexity: number } {
  return { complexity };
}

/** The extension of a field that runs a statement of its own, however many objects it belongs to. */
export function costsStatement(statement: number): { readonly statement: number } {
  return { statement };
}
