import { readMigrationsFolder } from '@cxg/prisma-schema-engine';
import { describe, expect, it } from 'vitest';
import { tenantMigrationsFolder } from '../../../src/tenancy/tenant-migrations.ts';

/** The migration that gave databases a version. */
const firstVersion = '20261127200000_data_versions';

/** The required last statement, which is thus part of the preceding statements' transaction. */
const raise = /(^|;)\s*SELECT "?sys"?\."?raise_data_version"?\s*\(\);\s*$/;

describe('the migrations of tenant databases', () => {
  it('end with SELECT "sys"."raise_data_version"();, because triggers do not see what DDL does to rows', async () => {
    const { migrationDirectories } = await readMigrationsFolder(tenantMigrationsFolder);
    const later = migrationDirectories.filter(({ path }) => path > firstVersion);
    const silent = later.filter(
      ({ migrationFile: { content } }) => !raise.test(withoutComments(content.value)),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

function withoutComments(script: string): string {
  return script.replaceAll(/^\s*--.*$/gm, '');
}
