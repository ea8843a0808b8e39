#!/usr/bin/env node
// The executable that the Prisma CLI starts in place of its native schema engine.
import process from 'node:process';
import { register } from 'tsx/esm/api';

register();
const { runStdioServer } = await import('./stdio-server.ts');
await runStdioServer(process);
