// "npm start": serves the build, and makes it first where it is missing or was built from other sources. JavaScript,
// and one process, so that nothing is compiled at a usual start and a signal to npm reaches the server.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { outdatedBy } = await import('../dist/build/build-state.js?before').catch(() => ({
  outdatedBy: () => 'dist/',
}));
const outdated = outdatedBy(file('.'), file('dist'));
if (outdated !== null) {
  process.stderr.write(
    `Building dist/, because ${outdated} is ${outdated === 'dist/' ? 'missing' : 'not what it was built from'}.\n`,
  );
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file('tools/build/build.ts')], {
    cwd: file('.'),
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
  if (status !== 0) {
    process.stderr.write(
      'The server was not started, because dist/ could not be built. "npm run build" tells why.\n',
    );
    process.exit(1);
  }
}

process.argv.splice(1, 1, file('dist/run.js'), file('src/main.ts'));
await import('../dist/run.js');
