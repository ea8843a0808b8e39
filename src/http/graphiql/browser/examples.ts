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
  users(first: 20, search: "김") {
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
  `query Deals {
  deals(first: 20, orderBy: { field: EXPECTED_CLOSE_ON, direction: ASC }) {
    edges {
      node {
        id
        title
        amount
        currency
        expectedCloseOn
        stage {
          name
        }
        customer {
          name
          phone
        }
        owner {
          fullName
        }
      }
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
