import * as z from 'zod/mini';
import { isAnswer } from './answer.ts';
import { element } from './elements.ts';
import { examples } from './examples.ts';
import { pageDataSchema } from './page-data.ts';
import { createPageStorage } from './page-storage.ts';
import { createPageSession } from './session.ts';
import type { GraphQLRequest } from './session-operations.ts';
import { createSignInBar } from './sign-in-bar.ts';
import { activeContents, readTabState, type TabState, withExamples } from './tabs.ts';

/** The properties of GraphiQL's that the page sets. */
interface GraphiQLProperties {
  readonly title: string;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear' | 'length'>;
  readonly initialQuery: string;
  readonly initialVariables: string;
  readonly shouldPersistHeaders: boolean;
  readonly showPersistHeadersSettings: boolean;
  readonly fetcher: (
    request: GraphQLRequest,
    options?: { readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<unknown>;
  readonly onEditQuery: () => void;
  readonly onTabChange: (state: TabState) => void;
}

declare global {
  /** The package's script. */
  const YogaGraphiQL: {
    renderYogaGraphiQL(into: HTMLElement, properties: GraphiQLProperties): void;
  };
  interface Window {
    MonacoEnvironment?: { getWorkerUrl(moduleId: string, label: string): string };
  }
}

// Without this, it tests whether the page may compile code, which the content security policy forbids.
z.config({ jitless: true });

const { texts, workers } = pageDataSchema.parse(
  JSON.parse(element('page-data', HTMLScriptElement).textContent ?? ''),
);

const tabsName = 'graphiql:tabState';
const tenantName = 'cxg-tenant';
const endpoint = location.pathname;
const storage = createPageStorage(sessionStorage, localStorage);

/** The tenant key is in the URL, so that a reload keeps it; without one, the browser's last tenant is used. */
function rememberedTenant(): string | null {
  return (new URL(location.href).searchParams.get('tenant') ?? localStorage.getItem(tenantName)) || null;
}

/** Empty for a manager. */
function rememberTenant(tenantKey: string | null): void {
  const url = new URL(location.href);
  url.searchParams.set('tenant', tenantKey ?? '');
  history.replaceState(history.state, '', url);
  localStorage.setItem(tenantName, tenantKey ?? '');
}

async function post(request: GraphQLRequest, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(request),
  }).catch(() => {
    throw new Error(texts.unreachable);
  });
  const body: unknown = await response.json().catch(() => null);
  if (!isAnswer(body)) throw new Error(texts.unreadable);
  return body;
}

/** Only secure contexts have locks. */
const alone = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  isSecureContext ? navigator.locks.request(name, work) : work();

const bar = createSignInBar(texts);
const session = createPageSession({
  post,
  alone,
  now: Date.now,
  onChange(state) {
    bar.show(state);
    if (state.identity) rememberTenant(state.identity.tenant?.key ?? null);
  },
  sessionEnded: texts.sessionEnded,
  hasCookies: isSecureContext,
  tenantKey: rememberedTenant(),
});
bar.connect(session);
void session.resume();

/** A query in the link opens in a tab. It is removed from the URL, or each reload would open another tab. */
function takeQueryFromAddress(): string | null {
  const url = new URL(location.href);
  const query = url.searchParams.get('query');
  url.searchParams.delete('query');
  if (query !== null) history.replaceState(history.state, '', url);
  return query;
}

function keepTabs(state: TabState | null): void {
  if (state) storage.setItem(tabsName, JSON.stringify(state));
}

let tabs = readTabState(storage.getItem(tabsName)) ?? withExamples(null, examples);
keepTabs(tabs);

element('examples', HTMLButtonElement).addEventListener('click', () => {
  // GraphiQL reads its tabs when it starts, and writes them a moment after each change.
  keepTabs(withExamples(tabs, examples));
  storage.close();
  location.reload();
});

self.MonacoEnvironment = {
  getWorkerUrl: (_moduleId, label) =>
    label === 'json' || label === 'graphql' ? workers[label] : workers.editorWorkerService,
};

addEventListener('DOMContentLoaded', () => {
  const query = takeQueryFromAddress();
  const contents = tabs ? activeContents(tabs) : { query: '', variables: '' };
  YogaGraphiQL.renderYogaGraphiQL(element('graphiql', HTMLElement), {
    title: '',
    storage,
    initialQuery: query ?? contents.query,
    initialVariables: query === null ? contents.variables : '',
    // Headers may hold tokens.
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    fetcher: (request, options) => session.send(request, options?.headers),
    // The library's default would write the query into the URL, and so into logs.
    onEditQuery: () => {},
    onTabChange: (state) => {
      tabs = state;
    },
  });
});
