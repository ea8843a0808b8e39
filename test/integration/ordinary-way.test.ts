import { describe } from 'vitest';
import { takeOrdinaryWay } from '../support/ways.ts';

// Requests of tests go by the direct way as far as it takes them, as those of clients do. What these files say of HTTP
// holds for the other way as well.
takeOrdinaryWay();

describe.each([
  ['HTTP', () => import('./http.test.ts')],
  ['languages', () => import('./languages.test.ts')],
  ['refresh cookies', () => import('./refresh-cookie.test.ts')],
] as const)('by the ordinary way, %s', async (_what, load) => {
  await load();
});
