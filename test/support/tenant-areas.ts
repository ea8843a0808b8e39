import pg from 'pg';
import { tenantSchemas } from '../../src/tenancy/tenant-schemas.ts';

/** The areas of a tenant's database as a list of texts in SQL: `'sys', 'hrm'`. */
export const areas = tenantSchemas.map((name) => pg.escapeLiteral(name)).join(', ');
