import { afterAll, beforeAll, describe } from 'vitest';
import { usePath } from '../support/request-paths.ts';

// Requests of tests take the direct path where they can, as those of clients do. The guarantees of these files about
// HTTP hold for the ordinary path as well.
beforeAll(() => usePath('ordinary'));
afterAll(() => usePath('direct'));

describe.each(['http'])('by the ordinary path, %s', async (file) => {
  // Under a name of its own, because files share modules that were loaded before.
  await import(`./${file}.test.ts?ordinary`);
});
