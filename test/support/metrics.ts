import type { App } from '../../src/app.ts';

/** The `METRICS_TOKEN` of the tests' applications. */
export const metricsToken = 'the-token-of-who-scrapes';

/** Reads an application's metrics, in Prometheus' text format. */
export async function readMetrics(app: Pick<App, 'fetch'>): Promise<string> {
  const headers = { authorization: `Bearer ${metricsToken}` };
  const response = await app.fetch(new Request('http://api.test/metrics', { headers }));
  if (response.status !== 200) throw new Error(`The metrics were answered ${response.status}.`);
  return response.text();
}
