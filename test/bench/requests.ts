import { randomUUID } from 'node:crypto';

const pageFields = `edges {
      cursor
      node { id username fullName email department { id name } role { id name } }
    }
    pageInfo { hasNextPage endCursor }`;

/** The rows of the page that everything here measures: what a list of people in a web client shows. */
export const pageSize = 20;

/** The page, asked for in the same words each time. */
export const pageQuery = `query UsersPage {
  users(first: ${pageSize}) {
    ${pageFields}
  }
}`;

const variablePageQuery = `query UsersPage($first: Int) {
  users(first: $first) {
    ${pageFields}
  }
}`;

/** A request as it goes over the wire, and what its answer has to be. */
export interface BenchRequest {
  /** The next one, where no two are the same. */
  readonly bytes: Buffer;
  isAnswer(body: Buffer): boolean;
}

/** The page of {@link pageQuery}. */
export function pageRequest(token: string): BenchRequest {
  return graphqlRequest(token, { query: pageQuery }, isPage);
}

/** A page of customers, as a sales person's client lists them. */
export function customersRequest(token: string): BenchRequest {
  const query = `query CustomersPage {
  customers(first: ${pageSize}) {
    edges { cursor node { id code name status phone owner { id fullName } } }
    pageInfo { hasNextPage endCursor }
  }
}`;
  return graphqlRequest(token, { query }, isPage);
}

/** The same of deals. */
export function dealsRequest(token: string): BenchRequest {
  const query = `query DealsPage {
  deals(first: ${pageSize}) {
    edges {
      cursor
      node { id title amount currency expectedCloseOn customer { id name } stage { id name } owner { id fullName } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
  return graphqlRequest(token, { query }, isPage);
}

/** Pages of {@link pageSize} rows on average, whose size is a variable that changes. */
export function variablePageRequests(token: string): BenchRequest[] {
  return [pageSize - 1, pageSize, pageSize + 1].map((first) =>
    graphqlRequest(token, { query: variablePageQuery, variables: { first } }, isPage),
  );
}

/** The least that a client can ask for. */
export function typenameRequest(token: string): BenchRequest {
  const answer = Buffer.from('{"data":{"__typename":"Query"}}');
  return graphqlRequest(token, { query: '{ __typename }' }, (body) => body.equals(answer));
}

/** The path at which the bare server creates an asset. */
export const bareCreationPath = '/assets';

/** Creates an asset on the bare server. */
export function bareCreationRequest(token: string): BenchRequest {
  return {
    get bytes() {
      return httpRequest(bareCreationPath, token, { code: randomUUID(), name: 'Notebook' });
    },
    isAnswer: isCreation,
  };
}

/** Creates a row with a code and a name, another one each time. */
export function creationRequest(token: string, entity: 'Asset' | 'Department'): BenchRequest {
  const query = `mutation Create($input: ${entity}CreateInput!) { row: create${entity}(input: $input) { uuid } }`;
  return {
    get bytes() {
      const variables = { input: { code: randomUUID(), name: 'Notebook' } };
      return httpRequest('/graphql', token, { query, variables });
    },
    isAnswer: isCreation,
  };
}

function isCreation(body: Buffer): boolean {
  return body.includes('"data":{"row":{"uuid":"');
}

/** Prepares a request, so that sending it costs next to nothing. */
export function graphqlRequest(
  token: string,
  body: object,
  isAnswer: (body: Buffer) => boolean,
): BenchRequest {
  return { bytes: httpRequest('/graphql', token, body), isAnswer };
}

function httpRequest(path: string, token: string, body: object): Buffer {
  const content = Buffer.from(JSON.stringify(body));
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${content.length}`,
    `authorization: Bearer ${token}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), content]);
}

/** Appears in every answer that has rows. */
export const pageMark = '"edges":[{';

/** Returns whether an answer has rows and no errors. */
export function isPage(body: Buffer): boolean {
  return body.includes(pageMark) && !body.includes('"errors"');
}
