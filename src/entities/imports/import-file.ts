import { recordAudit } from '../../audit/tenant-audit.ts';
import type { Actor, Viewer } from '../../auth/viewer.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import type { TenantClient, TenantTransaction } from '../../db/tenant-client.ts';
import { type CheckedFile, checkFile } from './check-file.ts';
import type { ImportDefinition } from './import-definition.ts';
import { insertRows, ReferenceGone } from './insert-rows.ts';
import { createSpool, type Spool } from './spool.ts';

/** The place of an import, and its way to write. */
export interface ImportContext {
  readonly db: TenantClient;
  readonly viewer: Viewer;
  /** Runs work in one transaction. */
  write<T>(work: (transaction: TenantTransaction, actor: Actor) => Promise<T>): Promise<T>;
}

/** The outcome of an import. */
export interface ImportOutcome extends CheckedFile {
  /** Whether the rows are there now: all of them, or none. */
  readonly isImported: boolean;
}

/** Others may take a value, or delete a row that is referred to, between check and import: then the check tells it. */
const attempts = 3;

/**
 * Imports the rows of a file, all or none. They are checked before the transaction begins, so that it takes no longer
 * than the database needs to insert them, and keeps nobody waiting.
 * @param isDryRun whether the file is only checked.
 */
export async function importFile(
  definition: ImportDefinition,
  context: ImportContext,
  file: Spool,
  isDryRun: boolean,
): Promise<ImportOutcome> {
  for (let attempt = 1; ; attempt++) {
    const rows = await createSpool();
    try {
      const checked = await checkFile(definition, context, file, (batch) =>
        isDryRun || batch.length === 0 ? Promise.resolve() : rows.append(`${JSON.stringify(batch)}\n`),
      );
      if (isDryRun || checked.faults.count > 0) return { ...checked, isImported: false };
      await context.write(async (transaction, actor) => {
        await insertRows(definition, transaction, actor, rows);
        await recordAudit(transaction, actor, {
          action: definition.action,
          entityType: definition.name,
          entityId: null,
          changes: { rows: { before: null, after: checked.rowCount } },
        });
      });
      return { ...checked, isImported: true };
    } catch (error) {
      const isOutdated = error instanceof ReferenceGone || constraintViolation(error)?.kind === 'unique';
      if (!isOutdated || attempt === attempts) throw error;
    } finally {
      await rows.close();
    }
  }
}
