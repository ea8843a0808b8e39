import { afterAll, beforeAll, describe } from 'vitest';
import { takeWay } from '../support/ways.ts';

// Requests of tests go by the direct way as far as it takes them, as those of clients do. What these files say of HTTP
// holds for the other way as well.
beforeAll(() => takeWay('ordinary'));
afterAll(() => takeWay('direct'));

describe.each(['http'])('by the ordinary way, %s', async (file) => {
  // Under a name of its own, because files share modules that were loaded before.
  await import(`./${file}.test.ts?ordinary`);
});
