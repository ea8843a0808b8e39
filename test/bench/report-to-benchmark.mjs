/**
 * Loaded into each server process before its program: answers the benchmark's questions about the process, and ends it
 * together with the benchmark. JavaScript, because a production build runs without what reads TypeScript.
 */
import { memoryUsage } from 'node:process';

const answers = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  heap() {
    // What the first collection finalises, only the second one frees.
    globalThis.gc();
    globalThis.gc();
    return memoryUsage().heapUsed;
  },
};

process.on('message', (question) => process.send({ answer: answers[question]() }));
process.once('disconnect', () => process.exit());
