import { z } from 'zod';

const named = z.object({ name: z.string() }).nullable();
const person = z.object({ username: z.string(), fullName: z.string(), email: z.string() });
const connectionOf = <Node extends z.ZodType>(node: Node) =>
  z.object({
    edges: z.array(z.object({ node })),
    pageInfo: z.object({ hasNextPage: z.boolean() }),
  });

const ourPage = z.object({
  data: z.object({ users: connectionOf(person.extend({ department: named, role: named })) }),
});

const postGraphilePage = z
  .object({
    data: z.object({
      allUsers: connectionOf(person.extend({ departmentByDepartmentId: named, roleByRoleId: named })),
    }),
  })
  .transform(({ data: { allUsers } }) => ({
    data: {
      users: {
        ...allUsers,
        edges: allUsers.edges.map(({ node }) => {
          const { departmentByDepartmentId: department, roleByRoleId: role, ...rest } = node;
          return { node: { ...rest, department, role } };
        }),
      },
    },
  }));

/** The contents of an answer, without ids and cursors, which differ between servers. */
export function rowsOf(body: Buffer) {
  return z.union([ourPage, postGraphilePage]).parse(JSON.parse(body.toString()));
}
