import type { AuditChanges } from '../audit/audit-entry.ts';
import type { Actor } from '../auth/viewer.ts';
import type { EntityName } from '../catalogue/entities.ts';
import type { Sealer } from '../db/sealed-columns.ts';
import type { TenantTransaction } from '../db/tenant-client.ts';
import type { Entity } from './entity.ts';

/** A change at work: on which entity, in which transaction, by whom. */
export interface EntityWork<Name extends EntityName> {
  readonly entity: Entity<Name>;
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
  /** The tenant's, for an entity with sealed fields; others do without. */
  readonly sealer?: Sealer;
}

/** More that a change writes: rows of other tables, in the same transaction. */
export interface FurtherWrites {
  /** In Prisma's words, beside the columns of the row. */
  readonly data?: object;
  /** For the audit log. */
  readonly changes?: AuditChanges;
}
