import type { FieldError, FieldReason } from './contract.ts';
import { type Language, say } from './messages/catalogue.ts';
import type { Message, MessageKey } from './messages/message.ts';

/** The reason for each message about a field. */
const reasons = {
  'auth.signInAlone': 'NOT_COMBINABLE',
  'field.required': 'REQUIRED',
  'field.noDefaultStage': 'REQUIRED',
  'field.tooShort': 'TOO_SHORT',
  'field.tooLong': 'TOO_LONG',
  'field.tooSmall': 'OUT_OF_RANGE',
  'field.tooLarge': 'OUT_OF_RANGE',
  'field.tooMany': 'TOO_MANY',
  'field.wrongType': 'INVALID_TYPE',
  'field.notOneOf': 'INVALID_VALUE',
  'field.invalid': 'INVALID_VALUE',
  'field.controlCharacters': 'INVALID_CHARACTERS',
  'field.reservedName': 'RESERVED',
  'field.halfCharacter': 'INVALID_CHARACTERS',
  'field.dateTime': 'INVALID_FORMAT',
  'field.date': 'INVALID_FORMAT',
  'field.decimal': 'INVALID_FORMAT',
  'field.decimalDigits': 'OUT_OF_RANGE',
  'field.decimalStep': 'OUT_OF_RANGE',
  'field.numberRange': 'OUT_OF_RANGE',
  'field.numberTooLarge': 'OUT_OF_RANGE',
  'field.email': 'INVALID_FORMAT',
  'field.emailTooLong': 'TOO_LONG',
  'field.phone': 'INVALID_FORMAT',
  'field.birthDate': 'OUT_OF_RANGE',
  'field.residentNumber': 'INVALID_FORMAT',
  'field.bankAccount': 'INVALID_FORMAT',
  'field.masked': 'INVALID_CHARACTERS',
  'field.username': 'INVALID_FORMAT',
  'field.code': 'INVALID_FORMAT',
  'field.tenantKey': 'INVALID_FORMAT',
  'field.configKey': 'INVALID_FORMAT',
  'field.configReserved': 'RESERVED',
  'field.jsonTooLarge': 'TOO_LARGE',
  'field.publicSettingsTooLarge': 'TOO_LARGE',
  'field.jsonTooDeep': 'TOO_LARGE',
  'field.givenName': 'INVALID_FORMAT',
  'field.identifier': 'INVALID_FORMAT',
  'field.host': 'INVALID_FORMAT',
  'field.printableAscii': 'INVALID_CHARACTERS',
  'field.uuid': 'INVALID_FORMAT',
  'field.globalId': 'INVALID_FORMAT',
  'field.idOf': 'INVALID_FORMAT',
  'field.notIn': 'INVALID_VALUE',
  'field.idOfAny': 'INVALID_FORMAT',
  'field.cursor': 'INVALID_FORMAT',
  'field.pageSize': 'OUT_OF_RANGE',
  'field.firstOrLast': 'NOT_COMBINABLE',
  'field.range': 'OUT_OF_RANGE',
  'field.timeRange': 'OUT_OF_RANGE',
  'field.dayRange': 'OUT_OF_RANGE',
  'field.assignedBefore': 'OUT_OF_RANGE',
  'field.noSuch': 'NOT_FOUND',
  'field.noSuchPermission': 'NOT_FOUND',
  'field.scopeOfNothing': 'INVALID_VALUE',
  'field.scopedTwice': 'NOT_COMBINABLE',
  'field.noRowScopes': 'INVALID_VALUE',
  'field.departmentCircle': 'SELF_REFERENCE',
  'field.managerCircle': 'SELF_REFERENCE',
  'field.reassignToSelf': 'SELF_REFERENCE',
  'field.ownerOutOfReach': 'OUT_OF_REACH',
  'field.referenceGone': 'NOT_FOUND',
  'field.businessNumber': 'INVALID_FORMAT',
  'field.currency': 'INVALID_VALUE',
  'field.semicolon': 'INVALID_CHARACTERS',
  'field.webAddress': 'INVALID_FORMAT',
  'field.otherCustomer': 'NOT_COMBINABLE',
  'field.mergeIntoSelf': 'SELF_REFERENCE',
  'field.aboutNothing': 'REQUIRED',
  'field.stageNotOpen': 'INVALID_VALUE',
  'field.stageUnlike': 'INVALID_VALUE',
  'field.notEachOnce': 'INVALID_VALUE',
  'field.csvColumn': 'INVALID_VALUE',
  'field.csvColumnTwice': 'NOT_COMBINABLE',
  'field.csvCells': 'TOO_MANY',
  'field.csvCharacters': 'INVALID_CHARACTERS',
  'field.csvEmpty': 'REQUIRED',
  'field.csvLineTooLong': 'TOO_LONG',
  'field.csvQuotes': 'INVALID_FORMAT',
  'field.csvTaken': 'TAKEN',
  'field.csvSeparator': 'INVALID_FORMAT',
  'field.csvSameCustomer': 'TAKEN',
  'field.csvDuplicateCustomer': 'TAKEN',
  'field.csvTooManyRows': 'TOO_MANY',
  'field.noEmployee': 'REQUIRED',
  'field.notEmployed': 'OUT_OF_RANGE',
  'field.recordOrDay': 'NOT_COMBINABLE',
  'field.futureTime': 'OUT_OF_RANGE',
  'field.workTooLong': 'OUT_OF_RANGE',
  'field.otherWorkDate': 'INVALID_VALUE',
  'field.attendanceOverlap': 'TAKEN',
  'field.month': 'INVALID_FORMAT',
  'field.tooManyEmployees': 'TOO_MANY',
  'field.timeZone': 'INVALID_VALUE',
  'field.timeOfDay': 'INVALID_FORMAT',
  'field.workHours': 'OUT_OF_RANGE',
  'field.leaveDay': 'OUT_OF_RANGE',
  'field.leaveYear': 'OUT_OF_RANGE',
  'field.dayOff': 'INVALID_VALUE',
  'field.leaveOverlap': 'TAKEN',
  'field.leaveBalance': 'OUT_OF_RANGE',
  'password.lowerCase': 'TOO_WEAK',
  'password.upperCase': 'TOO_WEAK',
  'password.digit': 'TOO_WEAK',
  'password.symbol': 'TOO_WEAK',
  'password.common': 'TOO_WEAK',
  'password.characters': 'INVALID_CHARACTERS',
  'password.wrong': 'INCORRECT',
  'password.used': 'RECENTLY_USED',
  'taken.username': 'TAKEN',
  'taken.email': 'TAKEN',
  'taken.managerUsername': 'TAKEN',
  'taken.managerEmail': 'TAKEN',
  'taken.code': 'TAKEN',
  'taken.annualLeave': 'TAKEN',
  'taken.businessNumber': 'TAKEN',
  'taken.value': 'TAKEN',
  'taken.tenantKey': 'TAKEN',
  'taken.tenantDatabase': 'TAKEN',
  'tenant.beingProvisioned': 'TAKEN',
} as const satisfies Readonly<
  Record<Extract<MessageKey, `${'field' | 'password' | 'taken'}.${string}`>, FieldReason> &
    Partial<Record<MessageKey, FieldReason>>
>;

/** The names of the messages about fields. */
type FieldMessageKey = keyof typeof reasons;

/** A message about a field. */
export type FieldMessage = Message<FieldMessageKey>;

/** A problem with one field of an input, e.g. `{path: ['input', 'email'], message: message('field.email')}`. */
export interface FieldProblem {
  readonly path: FieldError['path'];
  readonly message: FieldMessage;
}

/** The problem of a field whose input stands below an argument of that name. */
export function problemUnder(argument: string, { path, message }: FieldProblem): FieldProblem {
  return { path: [argument, ...path], message };
}

/** Returns whether the catalogue has a message about fields of that name. */
export function isFieldMessageKey(name: string): name is FieldMessageKey {
  return Object.hasOwn(reasons, name);
}

/** Renders problems in the shape that clients get. */
export function fieldErrors(problems: readonly FieldProblem[], language: Language): FieldError[] {
  return problems.map(({ path, message: said }) => ({
    path,
    message: say(said, language),
    reason: reasons[said.key],
  }));
}
