import type { FieldMessage } from '../../errors/index.ts';

/** What is wrong with a file at one place. */
export interface ImportFault {
  /** The line, from 1, in which the row begins. */
  readonly line: number;
  /** The column's name as the file has it; null when the line itself is wrong. */
  readonly column: string | null;
  readonly message: FieldMessage;
}

/** More would not help the reader. */
const keptFaults = 100;

/** The faults of a file: the first ones, and the number of all. */
export class ImportFaults {
  readonly kept: ImportFault[] = [];
  count = 0;

  add(fault: ImportFault): void {
    this.count++;
    if (this.kept.length < keptFaults) this.kept.push(fault);
  }
}
