/** The cost of a statement that may read every row of a list, however few it returns. */
export const scanCost = 50;

/**
 * The extension of a field with a different cost for each parent object: a plain value that takes a query to another
 * database, or objects that are loaded together with their parent.
 */
export function costs(complexity: number): { readonly complexity: number } {
  return { complexity };
}

/** The extension of a field that runs its own statement, however many parent objects it has. */
export function costsStatement(statement: number): { readonly statement: number } {
  return { statement };
}
