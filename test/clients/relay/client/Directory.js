// What an SPA would ask for: source text for relay-compiler, which the tests compile and run.
import { graphql } from 'relay-runtime';

export const query = graphql`
  query DirectoryQuery($count: Int!, $search: String) {
    me {
      id
      username
    }
    ...Directory_users @arguments(count: $count, search: $search)
  }
`;

export const users = graphql`
  fragment Directory_users on Query
  @refetchable(queryName: "DirectoryPageQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 4 }
    cursor: { type: "String" }
    search: { type: "String" }
  ) {
    users(first: $count, after: $cursor, search: $search, orderBy: { field: USERNAME })
      @connection(key: "Directory_users", filters: ["search"]) {
      edges {
        node {
          id
          ...Directory_user
        }
      }
      pageInfo {
        totalCount
      }
    }
  }
`;

export const user = graphql`
  fragment Directory_user on User @refetchable(queryName: "DirectoryUserQuery") {
    id
    username
    fullName
    department {
      id
      name
    }
    createdBy {
      id
      fullName
    }
  }
`;

export const rename = graphql`
  mutation DirectoryRenameMutation($userId: ID!, $input: UserUpdateInput!, $expectedUpdatedAt: DateTime) {
    updateUser(userId: $userId, input: $input, expectedUpdatedAt: $expectedUpdatedAt) {
      id
      fullName
      updatedAt
    }
  }
`;

export const add = graphql`
  mutation DirectoryAddMutation($input: UserCreateInput!, $connections: [ID!]!) {
    createUser(input: $input) @appendNode(connections: $connections, edgeTypeName: "UserEdge") {
      id
      ...Directory_user
    }
  }
`;

export const remove = graphql`
  mutation DirectoryRemoveMutation($userId: ID!) {
    deleteUser(userId: $userId) {
      success
      message
    }
  }
`;

export const everything = graphql`
  query DirectoryEverythingQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on User {
        username
      }
    }
    roles(first: 5) @connection(key: "Directory_roles") {
      edges {
        node {
          id
          code
          userCount
          permissions {
            code
          }
        }
      }
    }
    departments(first: 5) @connection(key: "Directory_departments") {
      edges {
        node {
          id
          name
          parent {
            id
          }
          children(first: 5) {
            edges {
              node {
                id
                name
              }
            }
          }
        }
      }
    }
    branches(first: 5) @connection(key: "Directory_branches") {
      edges {
        node {
          id
          name
        }
      }
    }
    auditLog(first: 5) @connection(key: "Directory_auditLog") {
      edges {
        node {
          id
          action
          changes {
            field
            before
            after
          }
        }
      }
    }
    sessions {
      id
      device
      isCurrent
    }
  }
`;
