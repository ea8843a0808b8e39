import { createContext, runInContext } from 'node:vm';

/** A page without a browser: a script with the globals that it needs, and cookies for the API alone. */
export interface BrowserTab {
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** The seconds of each wait of the page. */
  readonly pauses: readonly number[];
}

/** The network of the page's requests. */
export type Network = (request: Request) => Promise<Response>;

/**
 * Opens a page that runs the script. Pauses of the page are over as soon as `pause` is.
 * @param network rejects when there is none.
 */
export function openTab(
  script: string,
  network: Network,
  pause: () => Promise<void> = async () => {},
): BrowserTab {
  const pauses: number[] = [];
  const location = { href: 'https://app.example.com/', toString: () => location.href };
  const context = createContext({
    fetch: keepingCookies(network),
    URL,
    Response,
    location,
    history: {
      state: null,
      replaceState: (_state: unknown, _title: string, url: URL) => {
        location.href = String(url);
      },
    },
    // There is no other tab.
    navigator: {
      locks: {
        request: async (_name: string, _options: unknown, work: (lock: object) => unknown) => work({}),
      },
    },
    BroadcastChannel: class {
      postMessage(): void {}
    },
    setTimeout: (resolve: () => void, milliseconds: number) => {
      pauses.push(milliseconds / 1_000);
      void pause().then(resolve);
    },
  });
  runInContext(script, context);
  return {
    pauses,
    // What comes out of the context has prototypes of its own.
    evaluate: async (expression) => {
      const value: unknown = await runInContext(expression, context);
      return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    },
  };
}

/** As a browser does for a page of an allowed origin. */
function keepingCookies(network: Network): typeof fetch {
  const cookies = new Map<string, string>();
  return async (input, init) => {
    const request = new Request(input, init);
    request.headers.set('origin', 'https://app.example.com');
    if (cookies.size > 0) {
      request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    }
    const response = await network(request);
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
}
