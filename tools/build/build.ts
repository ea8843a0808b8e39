import { join } from 'node:path';
import { z } from 'zod';
import { print, printJson, runScript, script } from '../../scripts/support/script.ts';
import { buildPrograms } from './build-programs.ts';
import { projectFolder } from './bundle.ts';

const program = script(
  'build',
  `Builds the server and the scripts that operators run into dist/, bundled with their packages and with source maps.
"npm start" does this when dist/ is missing, or was built from other sources.`,
);

await runScript(program, async () => {
  const { json } = z.object({ json: z.boolean().default(false) }).parse(program.opts());
  const startedAt = performance.now();
  const { files, bytes } = await buildPrograms(join(projectFolder, 'dist'));
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) printJson({ files, bytes, seconds });
  else print(`Built dist/: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, in ${seconds.toFixed(1)} s.`);
  return 0;
});
