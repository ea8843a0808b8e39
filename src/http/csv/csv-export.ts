import type { ExecutionResult } from 'graphql';
import { z } from 'zod';
import type { ExportedList } from '../../graphql/exports/exported-list.ts';
import { csvHead, csvLines } from './csv-text.ts';

/** A page of an exported list. */
const pageSchema = z.object({
  edges: z.array(z.object({ node: z.unknown() })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
});

/** Loads the page of a list that begins after a cursor. The promise never rejects. */
export type LoadPage = (after: string | null) => Promise<ExecutionResult>;

/** An export whose first page has been loaded. */
export type BegunExport =
  /** Nothing is sent but the reason. */
  | { readonly kind: 'failed'; readonly result: ExecutionResult }
  | { readonly kind: 'begun'; readonly body: ReadableStream<Uint8Array> };

/** The rest of an export can't be loaded. Its client must not take what it has for the whole. */
class ExportCutOff extends Error {
  override readonly name = 'ExportCutOff';
}

/**
 * Begins to export a list: loads its first page, and the others when the client has read those before.
 * @param onCutOff is called with a result that ends the export before its time.
 */
export async function beginExport(
  list: ExportedList,
  load: LoadPage,
  onCutOff: (result: ExecutionResult) => void,
): Promise<BegunExport> {
  const result = await load(null);
  if (result.errors) return { kind: 'failed', result: { errors: result.errors } };
  let page = pageOf(list, result);
  let hasBegun = false;
  let isOver = false;

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (hasBegun) {
      const next = await load(page.pageInfo.endCursor);
      // Nobody reads it any more.
      if (isOver) return;
      if (next.errors) {
        onCutOff(next);
        throw new ExportCutOff('A page could not be loaded.');
      }
      page = pageOf(list, next);
    } else controller.enqueue(csvHead(list.columns));
    hasBegun = true;
    const { edges, pageInfo } = page;
    if (edges.length > 0)
      controller.enqueue(
        csvLines(
          list.columns,
          edges.map(({ node }) => node),
        ),
      );
    if (!pageInfo.hasNextPage) controller.close();
  }

  const cancel = () => {
    isOver = true;
  };
  // Loads nothing ahead: a page waits in memory only while it is being sent.
  return { kind: 'begun', body: new ReadableStream({ pull, cancel }, { highWaterMark: 0 }) };
}

function pageOf({ key }: ExportedList, { data }: ExecutionResult): z.output<typeof pageSchema> {
  return pageSchema.parse(data?.[key]);
}
