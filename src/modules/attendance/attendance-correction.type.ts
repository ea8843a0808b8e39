import { CorrectionStatus } from '../../generated/tenant/enums.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { longText } from '../../graphql/costs.ts';
import { toOne } from '../../graphql/entities/to-one.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { guardObjects } from '../../graphql/guards.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { AttendanceRecordType } from './attendance-record.type.ts';

export const CorrectionStatusType = builder.enumType(CorrectionStatus, {
  name: 'CorrectionStatus',
  description: 'How far a request to correct an attendance record has come.',
  values: {
    PENDING: { description: 'Waits for a decision.' },
    APPROVED: { description: 'Was approved, and made.' },
    REJECTED: { description: 'Was rejected.' },
  },
});

const employee = toOne('Employee');
const record = toOne('AttendanceRecord');

export const AttendanceCorrectionType = builder.prismaObject('AttendanceCorrection', {
  description:
    'A request to correct an attendance record, or to add one that was forgotten. Needs `attendance:read`, unless you have asked for it or may decide it.',
  select: { id: true },
  authScopes: guardObjects<{ id: string }>({ permission: 'attendance:read', granted: 'reference' }),
  fields: (t) => ({
    id: t.id({
      description: 'The global id.',
      extensions: { ...contextOnly, ...fromRows },
      resolve: ({ id }) => encodeGlobalId('AttendanceCorrection', id),
    }),
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    employee: t.field({
      type: EmployeeType,
      ...employee.field,
      description: 'Whose attendance it is; null when they do not exist for you. Needs `employees:read`.',
      select: (_args, _context, nestedSelection) => ({
        employee: nestedSelection({ select: employee.columns }),
      }),
      resolve: (row, _args, context) => employee.visible(row.employee, context),
    }),
    record: t.field({
      type: AttendanceRecordType,
      ...record.field,
      description:
        'The record; null when it does not exist for you, and for a forgotten day until it is approved.',
      select: (_args, _context, nestedSelection) => ({
        record: nestedSelection({ select: record.columns }),
      }),
      resolve: (row, _args, context) => record.visible(row.record, context),
    }),
    workDate: t.expose('workDate', {
      type: 'Date',
      description: 'The day on which the work began, in the tenant’s time zone.',
    }),
    clockedInAt: t.expose('clockedInAt', {
      type: 'DateTime',
      description: 'When they came, as the record is to say.',
    }),
    clockedOutAt: t.expose('clockedOutAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they left, as the record is to say; null to leave that as it is.',
    }),
    reason: t.exposeString('reason', { extensions: longText, description: 'Why.' }),
    status: t.expose('status', { type: CorrectionStatusType, description: 'How far it has come.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was asked for.' }),
    decidedAt: t.expose('decidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved or rejected.',
    }),
    decisionNote: t.exposeString('decisionNote', {
      nullable: true,
      extensions: longText,
      description: 'Why it was decided so.',
    }),
  }),
});
