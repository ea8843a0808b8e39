/**
 * Returns the element of that id and kind. @throws when the page has none, which means that the page and this script
 * are of different versions.
 */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} #${id}`);
}
