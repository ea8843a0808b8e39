export { changesBetween } from '../../auth/audit/audit-entry.ts';
export { recordAudit } from '../../auth/audit/tenant-audit.ts';
