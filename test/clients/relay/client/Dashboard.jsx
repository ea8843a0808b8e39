import { graphql, useLazyLoadQuery } from 'react-relay';

export function Dashboard() {
  const { branches, assets } = useLazyLoadQuery(
    graphql`
      query DashboardQuery {
        branches(first: 3) {
          edges {
            node {
              id
              name
            }
          }
        }
        assets(first: 3) @catch {
          edges {
            node {
              id
              name
            }
          }
        }
      }
    `,
    {},
  );
  return (
    <>
      <ul>
        {branches?.edges.map(({ node }) => (
          <li key={node.id}>
            <span>{node.name}</span>
          </li>
        ))}
      </ul>
      <h1>{assets.ok ? assets.value.edges.length : (assets.errors[0].extensions?.code ?? 'Not shown')}</h1>
    </>
  );
}
