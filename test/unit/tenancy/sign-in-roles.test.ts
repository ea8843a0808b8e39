import { describe, expect, it } from 'vitest';
import { applicationRole, signInRoles, tenantRoles } from '../../../src/tenancy/sign-in-roles.ts';

/** Named as in earlier versions. */
const tenant = { dbUser: 'tenant_acme01', dbOwnerUser: 'tenant_acme01_owner', dbIsProvided: false };
const rotated = { dbUser: 'tenant_acme01-b', dbOwnerUser: 'tenant_acme01_owner-b', dbIsProvided: false };

describe('the roles of a tenant', () => {
  it('take turns, and one of them has the privileges all the while', () => {
    expect(signInRoles(tenant, 'application')).toEqual({
      role: 'tenant_acme01',
      current: 'tenant_acme01',
      next: 'tenant_acme01-b',
    });
    expect(signInRoles(rotated, 'application')).toEqual({
      role: 'tenant_acme01',
      current: 'tenant_acme01-b',
      next: 'tenant_acme01',
    });
    expect(signInRoles(rotated, 'owner')).toEqual({
      role: 'tenant_acme01_owner',
      current: 'tenant_acme01_owner-b',
      next: 'tenant_acme01_owner',
    });
    expect([applicationRole(tenant), applicationRole(rotated)]).toEqual(['tenant_acme01', 'tenant_acme01']);
  });

  it('take turns just so with the names of now', () => {
    const now = { dbUser: 'tenant_acme01', dbOwnerUser: 'tenant_acme01-owner', dbIsProvided: false };
    expect(signInRoles(now, 'owner')).toEqual({
      role: 'tenant_acme01-owner',
      current: 'tenant_acme01-owner',
      next: 'tenant_acme01-owner-b',
    });
    const turned = { dbUser: 'tenant_acme01-b', dbOwnerUser: 'tenant_acme01-owner-b', dbIsProvided: false };
    expect(signInRoles(turned, 'application')?.next).toBe('tenant_acme01');
    expect(signInRoles(turned, 'owner')?.next).toBe('tenant_acme01-owner');
    expect(tenantRoles(turned)).toEqual(tenantRoles(now));
  });

  it('are no other tenant’s, whatever the keys are', () => {
    const keys = ['acme', 'acme_owner', 'acme_b', 'acme_owner_b', 'acme_owner_owner', 'acme_b_owner'];
    const all = keys.flatMap((key) =>
      tenantRoles({ dbUser: `tenant_${key}`, dbOwnerUser: null, dbIsProvided: false }),
    );
    expect(new Set(all).size).toBe(keys.length * 4);
  });

  it('are told apart from a role that was given such a name', () => {
    const given = { dbUser: 'shop-b', dbOwnerUser: 'shop-b_owner', dbIsProvided: false };
    expect(signInRoles(given, 'application')).toMatchObject({ role: 'shop-b', next: 'shop-b-b' });
    expect(applicationRole({ dbUser: 'shop-b-b', dbOwnerUser: 'shop-b_owner', dbIsProvided: false })).toBe(
      'shop-b',
    );
  });

  it('are all known, those that act as others first', () => {
    const all = ['tenant_acme01-b', 'tenant_acme01_owner-b', 'tenant_acme01', 'tenant_acme01_owner'];
    expect(tenantRoles(tenant)).toEqual(all);
    expect(tenantRoles(rotated)).toEqual(all);
  });

  it('do not take turns without an owner, with a name too long, or with an owner of another name', () => {
    expect(signInRoles({ dbUser: 'old', dbOwnerUser: null, dbIsProvided: false }, 'application')).toBeNull();
    const long = 'x'.repeat(57);
    const named = { dbUser: long, dbOwnerUser: `${long}_owner`, dbIsProvided: false };
    expect(signInRoles(named, 'application')?.next).toHaveLength(59);
    expect(() => signInRoles(named, 'owner')).toThrow('too long a name');
    expect(() =>
      signInRoles({ dbUser: 'foo', dbOwnerUser: 'bar_owner', dbIsProvided: false }, 'owner'),
    ).toThrow('do not go together');
  });

  it('that an operator has made are those of the record, whatever their names look like', () => {
    const provided = { dbUser: 'shop-b', dbOwnerUser: 'shop-owner', dbIsProvided: true };
    expect(applicationRole(provided)).toBe('shop-b');
    expect(tenantRoles(provided)).toEqual(['shop-b', 'shop-owner']);
    expect(() => signInRoles(provided, 'application')).toThrow('take no turns');
    expect(() => signInRoles(provided, 'owner')).toThrow('take no turns');
  });
});
