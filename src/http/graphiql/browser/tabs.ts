import * as z from 'zod/mini';

const textSchema = z.nullable(z.string());

const tabSchema = z.object({
  id: z.string(),
  title: z.string(),
  query: textSchema,
  variables: textSchema,
  headers: textSchema,
  operationName: textSchema,
  response: textSchema,
});

const tabStateSchema = z.object({
  activeTabIndex: z.number(),
  tabs: z.tuple([tabSchema], tabSchema),
});

/** GraphiQL's tabs in its own storage format. */
export type TabState = z.infer<typeof tabStateSchema>;

/** The initial text of a tab. */
export interface TabContents {
  readonly query: string;
  readonly variables: string;
}

/** Reads the tabs that GraphiQL has stored; null when they can't be used. */
export function readTabState(kept: string | null): TabState | null {
  try {
    return tabStateSchema.parse(JSON.parse(kept ?? ''));
  } catch {
    return null;
  }
}

/** Adds the examples that no tab contains unchanged, and selects the first one. */
export function withExamples(state: TabState | null, examples: readonly string[]): TabState | null {
  const tabs = (state?.tabs ?? []).filter(({ query }) => query !== null && query.trim() !== '');
  const missing = examples.filter((example) => tabs.every(({ query }) => query !== example));
  const [first, ...rest] = [...tabs, ...missing.map(exampleTab)];
  if (!first) return null;
  const activeTabIndex = [first, ...rest].findIndex(({ query }) => query === (missing[0] ?? examples[0]));
  return { activeTabIndex: Math.max(activeTabIndex, 0), tabs: [first, ...rest] };
}

/**
 * The contents of the last active tab. GraphiQL selects the tab with the initial contents, and opens an empty one if it
 * is given none.
 */
export function activeContents({ tabs, activeTabIndex }: TabState): TabContents {
  const { query, variables } = tabs[activeTabIndex] ?? tabs[0];
  return { query: query ?? '', variables: variables ?? '' };
}

function exampleTab(query: string): z.infer<typeof tabSchema> {
  const operationName = /(?:query|mutation) (\w+)/.exec(query)?.[1] ?? null;
  return {
    id: `example-${operationName}`,
    title: operationName ?? '',
    query,
    variables: null,
    headers: null,
    operationName,
    response: null,
  };
}
