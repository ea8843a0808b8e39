import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// A module whose types no other one mentions would be missed by nobody.
it('the schema imports every module', () => {
  const root = new URL('../../src/', import.meta.url);
  const source = readFileSync(new URL('schema.ts', root), 'utf8');
  const missing = readdirSync(new URL('modules/', root)).filter(
    (module) => !source.includes(`import './modules/${module}/index.ts';`),
  );
  expect(missing).toEqual([]);
});
