/** The documents of a page with a list of branches, for both Apollo Client and urql. */
export const documents = {
  list: `
    query Branches($first: Int, $after: String, $search: String) {
      branches(first: $first, after: $after, search: $search) {
        totalCount
        edges { cursor node { id name } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
  count: 'query BranchCount($search: String) { branches(search: $search) { totalCount } }',
  create: `
    mutation CreateBranch($input: BranchCreateInput!) { createBranch(input: $input) { id name } }`,
  rename: `
    mutation RenameBranch($id: ID!, $input: BranchUpdateInput!) {
      updateBranch(branchId: $id, input: $input) { id name }
    }`,
  delete: 'mutation DeleteBranch($id: ID!) { deleteBranch(branchId: $id) { deletedId } }',
  restore: 'mutation RestoreBranch($id: ID!) { restoreBranch(branchId: $id) { id name } }',
  createTwo: `
    mutation CreateTwo($free: BranchCreateInput!, $taken: BranchCreateInput!) {
      first: createBranch(input: $free) { id name }
      second: createBranch(input: $taken) { id name }
    }`,
  dashboard: `
    query Dashboard {
      branches(first: 3) { totalCount edges { cursor node { id name } } pageInfo { hasNextPage endCursor } }
      assets(first: 3) { edges { node { id } } }
    }`,
} as const;
