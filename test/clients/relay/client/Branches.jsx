import { useState } from 'react';
import {
  fetchQuery,
  graphql,
  useLazyLoadQuery,
  useMutation,
  usePaginationFragment,
  useRelayEnvironment,
} from 'react-relay';

export function Branches({ search }) {
  const query = useLazyLoadQuery(
    graphql`
      query BranchesQuery($search: String) {
        ...Branches_list @arguments(search: $search)
      }
    `,
    { search },
  );
  const { data, hasNext, loadNext } = usePaginationFragment(
    graphql`
      fragment Branches_list on Query
      @refetchable(queryName: "BranchesPageQuery")
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 3 }
        cursor: { type: "String" }
        search: { type: "String" }
      ) {
        branches(first: $count, after: $cursor, search: $search)
          @connection(key: "Branches_branches", filters: ["search"]) {
          __id
          edges {
            node {
              id
              name
            }
          }
        }
      }
    `,
    query,
  );
  const count = useCount(search);
  const [deleted, setDeleted] = useState(null);
  const { add, rename, remove, forget, restore } = useChanges(data.branches.__id, count.refetch);
  return (
    <>
      <h1>{count.total}</h1>
      <button type="button" onClick={() => add({ code: 'NEW', name: 'New' })}>
        Add
      </button>
      <ul>
        {/* The node of a record that was deleted is null. */}
        {data.branches.edges
          .flatMap(({ node }) => node ?? [])
          .map(({ id, name }) => (
            <li key={id}>
              <span>{name}</span>
              <button type="button" onClick={() => rename(id, 'Renamed')}>
                Rename {name}
              </button>
              <button type="button" onClick={() => remove(id, setDeleted)}>
                Delete {name}
              </button>
              <button type="button" onClick={() => forget(id)}>
                Forget {name}
              </button>
            </li>
          ))}
      </ul>
      {hasNext && (
        <button type="button" onClick={() => loadNext(3)}>
          More
        </button>
      )}
      {deleted && (
        <button type="button" onClick={() => restore(deleted)}>
          Undo
        </button>
      )}
    </>
  );
}

const countQuery = graphql`
  query BranchesCountQuery($search: String) {
    branches(search: $search) {
      totalCount
    }
  }
`;

/** A count has a query of its own: no directive of Relay changes it, and asked for alone it loads no rows. */
function useCount(search) {
  const environment = useRelayEnvironment();
  const { branches } = useLazyLoadQuery(countQuery, { search });
  return {
    total: branches?.totalCount,
    refetch: () => fetchQuery(environment, countQuery, { search }).subscribe({}),
  };
}

function useChanges(connection, recount) {
  const connections = [connection];
  const [add] = useMutation(graphql`
    mutation BranchesAddMutation($input: BranchCreateInput!, $connections: [ID!]!) {
      createBranch(input: $input) @prependNode(connections: $connections, edgeTypeName: "BranchEdge") {
        id
        name
      }
    }
  `);
  const [rename] = useMutation(graphql`
    mutation BranchesRenameMutation($id: ID!, $input: BranchUpdateInput!) {
      updateBranch(branchId: $id, input: $input) {
        id
        name
      }
    }
  `);
  const [remove] = useMutation(graphql`
    mutation BranchesRemoveMutation($id: ID!, $connections: [ID!]!) {
      deleteBranch(branchId: $id) {
        deletedId @deleteEdge(connections: $connections)
      }
    }
  `);
  const [forget] = useMutation(graphql`
    mutation BranchesForgetMutation($id: ID!) {
      deleteBranch(branchId: $id) {
        deletedId @deleteRecord
      }
    }
  `);
  const [restore] = useMutation(graphql`
    mutation BranchesRestoreMutation($id: ID!, $connections: [ID!]!) {
      restoreBranch(branchId: $id) @prependNode(connections: $connections, edgeTypeName: "BranchEdge") {
        id
        name
      }
    }
  `);
  return {
    add: (input) => add({ variables: { input, connections }, onCompleted: recount }),
    rename: (id, name) => rename({ variables: { id, input: { name } } }),
    remove: (id, onDeleted) =>
      remove({
        variables: { id, connections },
        onCompleted({ deleteBranch }) {
          recount();
          onDeleted(deleteBranch?.deletedId);
        },
      }),
    forget: (id) => forget({ variables: { id }, onCompleted: recount }),
    restore: (id) => restore({ variables: { id, connections }, onCompleted: recount }),
  };
}
