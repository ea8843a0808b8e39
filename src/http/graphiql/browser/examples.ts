/** The example queries. GraphiQL names their tabs after the operations. */
export const examples: readonly string[] = [
  `query Viewer {
  viewer {
    user {
      fullName
    }
    tenant {
      key
      companyName
    }
    permissions
  }
}
`,
  `query Users {
  users(first: 20, search: "john") {
    edges {
      node {
        id
        fullName
        department {
          name
        }
        role {
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      totalCount
    }
  }
}
`,
  `mutation CreateBranch {
  createBranch(input: { code: "BUSAN", name: "Busan" }) {
    id
    code
    name
    createdBy {
      fullName
    }
  }
}
`,
];
