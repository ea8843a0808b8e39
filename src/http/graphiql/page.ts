import type { Language } from '../../errors/index.ts';
import type { PageData } from './browser/page-data.ts';
import type { FileName } from './file-sources.ts';
import { pageTexts } from './page-texts.ts';

/** The page's content security policy. The editor sets inline styles, and its style sheet embeds fonts and images. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Renders the GraphiQL page in a language.
 * @param addressOf returns a file's URL relative to the page.
 */
export function renderPage(language: Language, addressOf: (file: FileName) => string): string {
  const texts = pageTexts[language];
  const { checkingSession, manager, sessionEnded, mustChangePassword, unreachable, unreadable } = texts;
  const data: PageData = {
    texts: { checkingSession, manager, sessionEnded, mustChangePassword, unreachable, unreadable },
    workers: {
      editorWorkerService: addressOf('editor-worker.js'),
      json: addressOf('json-worker.js'),
      graphql: addressOf('graphql-worker.js'),
    },
  };
  const field = (name: string, label: string, autocomplete: string, more = '') =>
    `<label for="${name}">${label}</label><input id="${name}" name="${name}" placeholder="${label}" ` +
    `autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false"${more}>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.name}</title>
<link rel="icon" href="${addressOf('favicon.ico')}">
<link rel="stylesheet" href="${addressOf('graphiql.css')}">
<link rel="stylesheet" href="${addressOf('page.css')}">
<script type="application/json" id="page-data">${asScriptData(data)}</script>
<script defer src="${addressOf('page.js')}"></script>
<script defer src="${addressOf('graphiql.js')}"></script>
</head>
<body class="no-focus-outline">
<header id="bar">
<h1>${texts.name}</h1>
<button type="button" id="examples" title="${texts.examplesHint}">${texts.examples}</button>
<p id="problem" role="alert"></p>
<p id="identity" role="status">${texts.checkingSession}</p>
<form id="sign-in" hidden>
${field('tenantKey', texts.tenant, 'organization', ` title="${texts.tenantHint}"`)}
${field('username', texts.username, 'username', ' required')}
${field('password', texts.password, 'current-password', ' type="password" required')}
<span id="change" hidden>${field('newPassword', texts.newPassword, 'new-password', ' type="password"')}</span>
<button>${texts.signIn}</button>
</form>
<button type="button" id="sign-out" hidden>${texts.signOut}</button>
</header>
<noscript>${texts.noScript}</noscript>
<main id="graphiql"></main>
</body>
</html>
`;
}

/** Prints JSON so that no value can close the element that embeds it. */
function asScriptData(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
