import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

/** Appendix A of the platform guide, word for word, but for a real department id. */
const operations = {
  getUsers: `query GetUsers {
  users(first: 20, search: "john") {
    edges {
      cursor
      node {
        id
        username
        fullName
        email
        department {
          id
          name
        }
        role {
          id
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      totalCount
    }
  }
}`,
  createUser: (departmentId: string) => `mutation CreateUser {
  createUser(input: {
    username: "newuser"
    email: "new@example.com"
    password: "Password123!"
    fullName: "New User"
    departmentId: "${departmentId}"
  }) {
    id
    username
    email
  }
}`,
  me: `query Me {
  me {
    id
    username
    fullName
    role {
      name
      permissions {
        code
      }
    }
  }
}`,
};

describe('the operations of the platform guide', () => {
  let fleet: TestFleet;
  let acme: TestTenant;
  let token: string;
  let departmentId: string;

  beforeAll(async () => {
    fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
    acme = await fleet.provision('acme01');
    const department = await acme.db.department.create({ data: { code: 'SALES', name: 'Sales' } });
    departmentId = department.id;
    await acme.db.user.create({
      data: {
        username: 'john',
        email: 'john@example.com',
        fullName: 'John Doe',
        passwordHash: 'none',
        departmentId,
      },
    });
    token = (await fleet.signIn('acme01')).accessToken;
  });
  afterAll(() => fleet.close());

  it('lists users with their departments and roles', async () => {
    const { data, errors } = await fleet.graphql(operations.getUsers, { token });
    expect(errors).toEqual([]);
    expect(data.users.pageInfo).toEqual({ hasNextPage: false, totalCount: 1 });
    expect(data.users.edges[0].node).toMatchObject({
      username: 'john',
      department: { name: 'Sales' },
      role: null,
    });
  });

  it('creates a user in a department', async () => {
    const { data, errors } = await fleet.graphql(operations.createUser(departmentId), { token });
    expect(errors).toEqual([]);
    expect(data.createUser).toMatchObject({ username: 'newuser', email: 'new@example.com' });
    const row = await acme.db.user.findFirstOrThrow({ where: { username: 'newuser' } });
    expect(row.departmentId).toBe(departmentId);
  });

  it('shows the signed-in user their role and permissions', async () => {
    const { data, errors } = await fleet.graphql(operations.me, { token });
    expect(errors).toEqual([]);
    expect(Object.keys(data.me)).toEqual(['id', 'username', 'fullName', 'role']);
    expect(data.me.role.permissions).toContainEqual({ code: 'users:read' });
  });
});
