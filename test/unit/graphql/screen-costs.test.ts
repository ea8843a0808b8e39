import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../../src/schema.ts';
import { costOf } from '../../support/cost-of.ts';

/** A row of the table in docs/clients.md. */
interface Screen {
  readonly title: string;
  readonly document: string;
  readonly cost: number;
}

function readScreens(): Screen[] {
  const text = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('\n## Cost of common screens\n');
  const [, table = ''] = section.split('\n| screen | document | cost |\n|---|---|---|\n');
  const [rows = ''] = table.split('\n\n');
  return rows.split('\n').map((row) => {
    const [, title, document, cost] = /^\| (.+?) \| `([^`]+)` \| ([\d,]+) \|$/.exec(row) ?? [];
    if (title === undefined || document === undefined || cost === undefined)
      throw new Error(`Not a screen: ${row}`);
    return { title, document, cost: Number(cost.replaceAll(',', '')) };
  });
}

const screens = readScreens();

/** The default of GRAPHQL_COMPLEXITY_LIMIT. */
const limit = 1_000;

describe('a common screen of docs/clients.md', () => {
  it('stands in a table of at least the screens that clients were written with', () => {
    expect(screens.length).toBeGreaterThanOrEqual(8);
  });

  it.each(screens)('is valid: $title', ({ document }) => {
    expect(validate(schema, parse(document))).toEqual([]);
  });

  it.each(screens)('costs what the table says: $title', ({ document, cost }) => {
    expect(costOf(document, { id: 'x' })).toBe(cost);
  });

  it.each(screens)('leaves a fifth of the limit for more: $title', ({ cost }) => {
    expect(cost).toBeLessThanOrEqual(limit * 0.8);
  });
});
