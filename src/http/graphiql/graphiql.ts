import { createHash } from 'node:crypto';
import type { Language } from '../../errors/index.ts';
import { entityTags } from '../conditional-answers.ts';
import { preferredLanguage } from '../language.ts';
import { type FileName, readFiles } from './file-sources.ts';
import { contentSecurityPolicy, renderPage } from './page.ts';
import { createStaticFiles, type ServedFile, type StaticFiles } from './static-files.ts';

/** The parts of a request that the page and its files depend on. */
type PageRequest = Pick<Request, 'method' | 'headers'>;

/** GraphiQL with a sign-in bar: a page and its files, all of which this server hosts. */
export interface GraphiQL {
  /** Returns whether a request to `/graphql` is a browser's navigation to the page. */
  isFor(request: PageRequest): boolean;
  page(request: PageRequest): Promise<Response>;
  /** Returns the file at that path; null when there is none. */
  file(pathname: string): Promise<ServedFile | null>;
}

/** Not below `/graphql`, so that browsers don't send the session's cookies. */
const folder = 'graphiql/';

/** Creates GraphiQL. Its files are read on first use. */
export function createGraphiQL(): GraphiQL {
  let loaded: Promise<StaticFiles<FileName>> | null = null;

  function files(): Promise<StaticFiles<FileName>> {
    loaded ??= readFiles()
      .then(createStaticFiles)
      .catch((error: unknown) => {
        loaded = null;
        throw error;
      });
    return loaded;
  }

  return {
    isFor: ({ method, headers }) =>
      (method === 'GET' || method === 'HEAD') && (headers.get('accept')?.includes('text/html') ?? false),
    async page({ method, headers }) {
      const { servedName } = await files();
      const language = preferredLanguage(headers);
      const html = renderPage(language, (file) => `${folder}${servedName(file)}`);
      return pageResponse(html, language, method, entityTags(headers.get('if-none-match')));
    },
    async file(pathname) {
      if (!pathname.startsWith(`/${folder}`)) return null;
      return (await files()).find(pathname.slice(folder.length + 1));
    },
  };
}

/** The page names the versions of its files, so a cached copy is revalidated before each use. */
function pageResponse(html: string, language: Language, method: string, held: readonly string[]): Response {
  const etag = `"${createHash('sha256').update(html).digest('hex').slice(0, 16)}"`;
  const headers = {
    etag,
    'cache-control': 'no-cache',
    vary: 'Accept, Accept-Language',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
  };
  if (held.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(method === 'HEAD' ? null : html, {
    headers: {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-length': String(Buffer.byteLength(html)),
    },
  });
}
