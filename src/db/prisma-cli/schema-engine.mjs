#!/usr/bin/env node
// The executable that the Prisma CLI starts in place of its native schema engine.
import { existsSync } from 'node:fs';
import process from 'node:process';

const source = new URL('./stdio-engine.ts', import.meta.url);
const { runStdioEngine } = await (existsSync(source) ? importSource() : importBuilt());
await runStdioEngine(process);

async function importSource() {
  const { register } = await import('tsx/esm/api');
  register();
  return import('./stdio-engine.ts');
}

/** The image has neither the sources nor what compiles them. */
function importBuilt() {
  return import('../../../dist/schema-engine/stdio-engine.js');
}
