import { entities, type Resource } from '../catalogue/entities.ts';

/** The resources of permissions, with one triple of actions each. The audit log writes itself, so it can only be read. */
export const resources: readonly Resource[] = entities.map(({ resource }) => resource);
/** The actions on a resource. */
export const actions = ['read', 'write', 'delete'] as const;

type Action = (typeof actions)[number];

/** A permission's code, `resource:action`, as it stands in tokens and in the `permissions` table. */
export type PermissionCode = `${Resource}:${Action}` | 'audit:read';

/** One entry of the catalogue. */
export interface CataloguedPermission {
  readonly code: PermissionCode;
  readonly resource: string;
  readonly action: Action;
  readonly description: string;
}

/** The whole catalogue, in the order in which it is shown. Every tenant's database has it: see src/tenancy/rights. */
export const permissionCatalogue: readonly CataloguedPermission[] = [
  ...resources.flatMap((resource) =>
    actions.map((action) => ({
      code: `${resource}:${action}` as const,
      resource,
      action,
      description: describe(resource, action),
    })),
  ),
  { code: 'audit:read', resource: 'audit', action: 'read', description: 'See who has changed what.' },
];

const codes: ReadonlySet<unknown> = new Set(permissionCatalogue.map(({ code }) => code));

/** Returns whether a value is the code of a permission in the catalogue. */
export function isPermissionCode(value: unknown): value is PermissionCode {
  return codes.has(value);
}

function describe(resource: Resource, action: Action): string {
  switch (action) {
    case 'read':
      return `See ${resource}.`;
    case 'write':
      return `Create and change ${resource}.`;
    case 'delete':
      return `Delete ${resource}.`;
  }
}
