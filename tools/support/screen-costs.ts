import { costOf } from './cost-of.ts';

/** A row of the table of costs in docs/clients.md. */
export interface Screen {
  readonly title: string;
  readonly document: string;
  /** As the table says. */
  readonly cost: number;
}

const beforeTable =
  /^## Cost of common screens\n[\s\S]*?\n\| screen \| document \| cost \|\n\|---\|---\|---\|\n/m;

/** Finds the rows of the table, by their places in the guide. */
function tableIn(guide: string): { readonly begin: number; readonly end: number } {
  const found = beforeTable.exec(guide);
  if (!found) throw new Error('docs/clients.md has no table of the costs of common screens.');
  const begin = found.index + found[0].length;
  return { begin, end: guide.indexOf('\n\n', begin) };
}

function readRow(row: string): Screen {
  const [, title, document, cost] = /^\| (.+?) \| `([^`]+)` \| ([\d,]*) \|$/.exec(row) ?? [];
  if (title === undefined || document === undefined || cost === undefined)
    throw new Error(`Not a screen: ${row}`);
  return { title, document, cost: Number(cost.replaceAll(',', '')) };
}

/** Reads the table from the text of docs/clients.md. */
export function readScreens(guide: string): Screen[] {
  const { begin, end } = tableIn(guide);
  return guide.slice(begin, end).split('\n').map(readRow);
}

/** The cost of a screen in our schema. */
export const costOfScreen = ({ document }: Screen): number => costOf(document, { id: 'x', month: '2026-11' });

/** Returns the text of docs/clients.md with the costs that its screens have. */
export function writeScreenCosts(guide: string): string {
  const { begin, end } = tableIn(guide);
  const rows = readScreens(guide).map(
    (screen) => `| ${screen.title} | \`${screen.document}\` | ${costOfScreen(screen).toLocaleString('en')} |`,
  );
  return `${guide.slice(0, begin)}${rows.join('\n')}${guide.slice(end)}`;
}
