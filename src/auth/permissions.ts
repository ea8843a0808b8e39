import {
  type FurtherPermission,
  furtherPermissions,
  type Resource,
  resources,
} from '../catalogue/entities.ts';
import { type Message, message, say } from '../errors/index.ts';

/** The actions on every resource. The audit log writes itself, so it can only be read. */
const actions = ['read', 'write', 'delete'] as const;

type Action = (typeof actions)[number];

/** A permission's code, `resource:action`, as it stands in tokens and in the `permissions` table. */
export type PermissionCode = `${Resource}:${Action}` | FurtherPermission | 'audit:read';

/** One entry of the catalogue. */
export interface CataloguedPermission {
  readonly code: PermissionCode;
  readonly resource: string;
  readonly action: string;
  /** In English, as it is stored. */
  readonly description: string;
}

/** What each permission lets somebody do, in the order in which the catalogue is shown. */
export const permissionTexts: ReadonlyMap<PermissionCode, Message> = new Map<PermissionCode, Message>([
  ...resources.flatMap((resource) =>
    actions.map(
      (action) =>
        [
          `${resource}:${action}`,
          message(`permission.${action}`, { resource: message(`resource.${resource}`) }),
        ] as const,
    ),
  ),
  ...furtherPermissions.map((code) => [code, message(`permission.${code}` as const)] as const),
  ['audit:read', message('permission.auditRead')],
]);

/** The whole catalogue. Every tenant's database has it: see src/tenancy/rights. */
export const permissionCatalogue: readonly CataloguedPermission[] = [...permissionTexts].map(
  ([code, text]) => {
    const [resource = '', action = ''] = code.split(':');
    return { code, resource, action, description: say(text, 'en') };
  },
);

const codes: ReadonlySet<unknown> = new Set(permissionTexts.keys());

/** Returns whether a value is the code of a permission in the catalogue. */
export function isPermissionCode(value: unknown): value is PermissionCode {
  return codes.has(value);
}
