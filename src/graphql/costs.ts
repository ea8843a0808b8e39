/** The cost of a statement that reads rows by an index. */
export const statementCost = 10;

/** The cost of a statement that may read every row of a list, however few it returns. */
export const scanCost = 50;

/** The extension of a field that has an extra cost for each of its parent objects. */
export function costs(each: number): { readonly costsEach: number } {
  return { costsEach: each };
}

/**
 * The extension of a field whose objects are loaded by a separate statement: one for all parent objects, plus the work
 * of matching each with its own.
 */
export function costsStatement(): { readonly costsOnce: number; readonly costsEach: number } {
  return { costsOnce: statementCost, costsEach: 1 };
}

/** The extension of a value of up to a thousand characters, which costs as much as several short ones. */
export const longText = costs(1 / 5);

/** The extension of a list without a page size: the number of objects to count in its cost. */
export function countsAs(objects: number): { readonly countsAs: number } {
  return { countsAs: objects };
}
