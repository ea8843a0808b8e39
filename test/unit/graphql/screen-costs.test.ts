import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../../src/schema.ts';
import { costOfScreen, readScreens, writeScreenCosts } from '../../../tools/support/screen-costs.ts';

const guide = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
const screens = readScreens(guide);

/** The default of GRAPHQL_COMPLEXITY_LIMIT. */
const limit = 1_000;

describe('a common screen of docs/clients.md', () => {
  it('stands in a table of at least the screens that clients were written with', () => {
    expect(screens.length).toBeGreaterThanOrEqual(8);
  });

  it.each(screens)('is valid: $title', ({ document }) => {
    expect(validate(schema, parse(document))).toEqual([]);
  });

  it.each(screens)('costs what the table says: $title', (screen) => {
    expect(costOfScreen(screen), 'docs/clients.md is stale: run npm run schema:print.').toBe(screen.cost);
  });

  it.each(screens)('leaves a fifth of the limit for more: $title', (screen) => {
    expect(costOfScreen(screen)).toBeLessThanOrEqual(limit * 0.8);
  });
});

describe('the table of costs', () => {
  it('is written anew without a change of anything else', () => {
    const current = writeScreenCosts(guide);
    const stale = readScreens(current).reduce(
      (text, { document, cost }) =>
        text.replace(`${document}\` | ${cost.toLocaleString('en')} |`, () => `${document}\` | 1,000,000 |`),
      current,
    );
    expect(readScreens(stale).map(({ cost }) => cost)).toEqual(screens.map(() => 1_000_000));
    expect(writeScreenCosts(stale)).toBe(current);
  });
});
