import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, inject } from 'vitest';

/** A host of another site than any of ours, which the browser finds on this machine. */
export const foreignHost = 'foreign.example.net';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${foreignHost} 127.0.0.1`,
];

/** As `describe`, with a headless Chromium. Skipped if the machine has none, which in CI the run itself refuses. */
export function describeWithBrowser(title: string, body: (browser: () => Browser) => void): void {
  const executablePath = inject('browserPath');
  const reason =
    executablePath === null ? ' (skipped: no chromium, chromium-browser or google-chrome on PATH)' : '';
  describe.skipIf(executablePath === null)(`${title}${reason}`, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executablePath ?? '', headless: true, args: flags });
    });
    afterAll(() => browser?.close());
    body(() => {
      if (!browser) throw new Error('The browser is started before the first test.');
      return browser;
    });
  });
}
