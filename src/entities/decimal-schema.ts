import { z } from 'zod';
import { Prisma } from '../generated/tenant/client.ts';

/**
 * Decimal numbers as text that a column of so many digits holds exactly, as numbers.
 * @param step that they are a multiple of; absent for none.
 */
export function decimalSchema(
  whole: number,
  fraction: number,
  minimum = -Infinity,
  step?: number,
): z.ZodType<Prisma.Decimal> {
  const beyond = new Prisma.Decimal(10).pow(whole);
  return z.string().transform((text, { addIssue }) => {
    const value = new Prisma.Decimal(text);
    if (value.decimalPlaces() > fraction || value.abs().gte(beyond)) {
      addIssue({ code: 'custom', message: 'field.decimalDigits', params: { whole, fraction } });
    } else if (value.lt(minimum)) {
      addIssue({ code: 'too_small', origin: 'number', minimum, input: text });
    } else if (step !== undefined && !value.mod(step).isZero()) {
      addIssue({ code: 'custom', message: 'field.decimalStep', params: { step } });
    }
    // Zero has no sign in PostgreSQL.
    return value.isZero() ? value.abs() : value;
  });
}
