import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity } from '../../entities/entity.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import type { Context } from '../context.ts';
import { guardObjects } from '../guards.ts';
import { assertPermission } from '../permission-checks.ts';

/**
 * The options of `builder.prismaNode` that are the same for every entity: its id, how it is fetched by that, and who
 * may read its objects. Those are also whoever has reached one through a field that grants `reference`, as the entity's
 * own mutations do: what was done is reported.
 */
export function entityNode<Name extends EntityName>({
  name,
  resource,
}: Pick<Entity<Name>, 'name' | 'resource'>) {
  return {
    id: { field: 'id', description: 'The global id.' },
    nullable: true,
    findUnique: (id: string, context: Context) => {
      assertPermission(context, `${resource}:read`);
      return { id, deletedAt: null, AND: [visibleRows(name, context.viewer, 'read')] };
    },
    select: { id: true },
    authScopes: guardObjects({ permission: `${resource}:read`, granted: 'reference' }),
  } as const;
}
