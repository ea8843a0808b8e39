import { GraphQLEnumType } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  managerAuditActions,
  managerEntityTypes,
  tenantAuditActions,
  tenantEntityTypes,
} from '../../../src/audit/audit-actions.ts';
import { entities } from '../../../src/catalogue/entities.ts';
import { schema } from '../../../src/schema.ts';

function enumType(name: string): GraphQLEnumType {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLEnumType)) throw new Error(`${name} is no enum.`);
  return type;
}

describe('the audit logs', () => {
  it.each([
    ['AuditAction', tenantAuditActions],
    ['AuditEntityType', tenantEntityTypes],
    ['ManagerAuditAction', managerAuditActions],
    ['ManagerAuditEntityType', managerEntityTypes],
  ])('have a value of %s for each code, and only those', (name, codes) => {
    const values = enumType(name).getValues();
    expect(values.map(({ value }) => value).sort()).toEqual(codes.map(({ code }) => code).sort());
  });

  it.each(entities)('can tell of every change of a $name', ({ name }) => {
    const type = name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    expect(enumType('AuditEntityType').getValue(type)?.value).toBe(name);
    for (const verb of ['CREATE', 'UPDATE', 'DELETE', 'RESTORE']) {
      expect(enumType('AuditAction').getValue(`${type}_${verb}`)).toBeDefined();
    }
  });

  it('name codes as GraphQL does', () => {
    expect(enumType('ManagerAuditAction').getValue('TENANT_SET_CONFIG')?.value).toBe('tenant.set_config');
    expect(enumType('ManagerAuditEntityType').getValue('TENANT_CONFIG')?.value).toBe('TenantConfig');
  });
});
