import type { TenantDatabase } from '../../db/tenant-client.ts';
import { defineEntity, type EntityChange } from '../../entities/entity.ts';
import { code, optionalReference, optionalText, text } from '../../entities/fields.ts';
import { type FieldProblem, message } from '../../errors/index.ts';

/** The units of the company, which form a tree. Row scopes follow it, so that its changes are changes of identity. */
export const departments = defineEntity('Department', {
  delegate: ({ department }) => department,
  label: 'name',
  search: ['code', 'name'],
  unique: { departments_code_live_key: 'code' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `SALES`.' }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'What the department does.' }),
    parentId: optionalReference('Department', {
      description: 'The department above, or none at the top. A department is moved with all below it.',
    }),
    headId: optionalReference('User', { description: 'Who leads it.' }),
  },
  dependents: [
    { entity: 'User', column: 'departmentId' },
    { entity: 'Employee', column: 'departmentId' },
    { entity: 'Department', column: 'parentId' },
  ],
  isIdentity: true,
  check: checkParent,
  checkReassignTarget: async (transaction, id, target) =>
    // What stands below the department would be moved below itself.
    (await isBelow(transaction, target, id))
      ? [{ path: ['reassignTo'], message: message('field.departmentCircle') }]
      : [],
  atRestore: async ({ transaction, before }) =>
    before?.parentId != null && (await isBelow(transaction, before.parentId, before.id))
      ? { parentId: null }
      : {},
});

/** A department that stood below itself would be in no tree any more. */
async function checkParent({
  transaction,
  before,
  changes,
}: EntityChange<'Department'>): Promise<FieldProblem[]> {
  if (before === null || changes.parentId == null) return [];
  return (await isBelow(transaction, changes.parentId, before.id))
    ? [{ path: ['input', 'parentId'], message: message('field.departmentCircle') }]
    : [];
}

/** Returns whether a department is the other one, or stands below it among the live ones. */
async function isBelow(db: TenantDatabase, id: string, above: string): Promise<boolean> {
  const rows = await db.department.findMany({
    where: { deletedAt: null },
    select: { id: true, parentId: true },
  });
  const parents = new Map(rows.map((row) => [row.id, row.parentId]));
  const seen = new Set<string>();
  for (let at: string | null = id; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
    if (at === above) return true;
    seen.add(at);
  }
  return false;
}
