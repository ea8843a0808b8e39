import { findOnPath } from '../../tools/support/find-on-path.ts';

/** The machine's Chromium, under the first of its names on PATH; null without one. */
export async function findBrowser(): Promise<string | null> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = await findOnPath(name);
    if (path !== undefined) return path;
  }
  return null;
}
