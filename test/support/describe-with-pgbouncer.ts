import { describe, inject } from 'vitest';

/** As `describe`, with the path of the machine's PgBouncer. Skipped without one, which in CI the run itself refuses. */
export function describeWithPgBouncer(title: string, body: (program: string) => void): void {
  const program = inject('pgBouncerPath');
  describe.skipIf(program === null)(title, () => body(program ?? ''));
}
