import { expect } from 'vitest';
import { z } from 'zod';
import type { ClientAnswer, GraphQLClient } from './graphql-client.ts';

const edgesSchema = z.array(z.object({ cursor: z.string(), node: z.object({ uuid: z.string() }) }));
const pageInfoSchema = z.object({
  hasNextPage: z.boolean(),
  hasPreviousPage: z.boolean(),
  startCursor: z.string().nullable(),
  endCursor: z.string().nullable(),
  totalCount: z.int(),
});

type Variables = Readonly<Record<string, unknown>>;

/** Reads lists as somebody who may. */
export interface ListReader {
  /** Asks for a page, e.g. with `first: 3, after: $cursor`. */
  list(name: string, args: string, variables?: Variables, asToken?: string): Promise<ClientAnswer>;
  /** Reads a page that nothing is wrong with. */
  page(
    name: string,
    args: string,
    variables?: Variables,
  ): Promise<{ ids: string[]; pageInfo: z.output<typeof pageInfoSchema> }>;
  /** Pages through a whole list; `between` may disturb it after each page. */
  walk(
    name: string,
    args: string,
    way: 'forward' | 'backward',
    between?: (seen: readonly string[]) => Promise<void>,
  ): Promise<string[]>;
  /** Reads the cursor at the end of a page. */
  cursorOf(name: string, args?: string, asToken?: string): Promise<string>;
  /** Expects a list to refuse a cursor at either end. */
  expectRefusal(name: string, args: string, cursor: string): Promise<void>;
}

/** Creates a reader of lists for the bearer of a token. */
export function createListReader(graphql: GraphQLClient, token: string): ListReader {
  const list: ListReader['list'] = (name, args, variables = {}, asToken = token) => {
    const declared = Object.keys(variables).map((variable) => `$${variable}: String`);
    const head = declared.length > 0 ? `query (${declared.join(', ')})` : '';
    return graphql(
      `${head} { ${name}${args && `(${args})`} {
        edges { cursor node { uuid } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor totalCount }
      } }`,
      { token: asToken, variables },
    );
  };

  const page: ListReader['page'] = async (name, args, variables = {}) => {
    const { data, errors } = await list(name, args, variables);
    expect(errors).toEqual([]);
    return {
      ids: edgesSchema.parse(data[name].edges).map(({ node }) => node.uuid),
      pageInfo: pageInfoSchema.parse(data[name].pageInfo),
    };
  };

  return {
    list,
    page,
    async walk(name, args, way, between = async () => {}) {
      const seen: string[] = [];
      const [size, argument] = way === 'forward' ? ['first', 'after'] : ['last', 'before'];
      for (let cursor: string | null = null; ; ) {
        const { ids, pageInfo } = await page(name, `${args}, ${size}: 7, ${argument}: $cursor`, { cursor });
        if (way === 'forward') seen.push(...ids);
        else seen.unshift(...ids);
        cursor = way === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
        if (!(way === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
        await between(ids);
      }
    },
    async cursorOf(name, args = 'first: 3', asToken = token) {
      const { data } = await list(name, args, {}, asToken);
      return z.string().parse(data[name].pageInfo.endCursor);
    },
    async expectRefusal(name, args, cursor) {
      for (const argument of ['after', 'before']) {
        const { data, errors } = await list(name, `${args}${args && ', '}${argument}: $cursor`, { cursor });
        expect(data).toEqual({ [name]: null });
        expect(errors.map(({ extensions }) => extensions)).toMatchObject([
          { code: 'VALIDATION_FAILED', fields: [{ path: [argument] }] },
        ]);
      }
    },
  };
}
