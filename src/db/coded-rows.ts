import { textSchema } from './text.ts';
import { usualWidth } from './text-forms.ts';

/** A short name for programs, e.g. `SALES`. */
export const codeSchema = textSchema(64)
  .overwrite(usualWidth)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}._-]*$/u, 'field.code');
