/** The page that everything here measures: what a list of people in a web client shows. */
const pageQuery = `query UsersPage {
  users(first: 20) {
    edges {
      cursor
      node { id username fullName email department { id name } role { id name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** The rows of {@link pageQuery}. */
export const pageSize = 20;

/** What a client sends for the page, apart from its token. */
export const pageBody = JSON.stringify({ query: pageQuery });
