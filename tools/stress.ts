import { z } from 'zod';
import {
  collect,
  counted,
  print,
  printJson,
  runScript,
  script,
  UsageError,
  wholeNumber,
} from '../scripts/support/script.ts';
import { findDevelopmentEndpoint } from '../scripts/support/script-database.ts';
import { readStandardInput } from '../scripts/support/standard-input.ts';
import { readStressPassword } from '../src/config/script-environment.ts';
import { askEndpoint } from './support/graphql-endpoint.ts';
import { sendAtRate } from './support/open-loop.ts';

const usualUrl = 'http://localhost:8100/graphql';

const program = script(
  'stress',
  `Signs in to tenants of a running deployment and queries the users of each in turn, at a constant rate. It only
reads. Every answer must come from the tenant that was asked: anything else, and any failure, is counted and sets the
exit code to 1. The password comes from STRESS_PASSWORD, or from standard input with --password-stdin.`,
)
  .option(
    '--tenant <key[:username]>',
    'a tenant and its user (default: admin); repeatable (required)',
    collect,
  )
  .option(
    '--url <url>',
    `the GraphQL endpoint (default: that of the running development server, or ${usualUrl})`,
  )
  .option('--rate <count>', 'requests per second for all tenants together', wholeNumber(1, 5_000), 50)
  .option('--seconds <count>', 'how long', wholeNumber(1, 600), 10)
  .option(
    '--in-flight <count>',
    'maximum number of concurrent requests; others are skipped',
    wholeNumber(1, 5_000),
    200,
  )
  .option('--password-stdin', 'read the password from standard input');

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenant: z.array(z.string(), 'Give at least one --tenant.'),
  url: z.url({ protocol: /^https?$/, error: '--url must be the URL of a GraphQL endpoint.' }).optional(),
  rate: z.int(),
  seconds: z.int(),
  inFlight: z.int(),
  passwordStdin: z.boolean().default(false),
});

/** A tenant, a token for it, and the user that its answers must name. */
interface Visitor {
  readonly tenantKey: string;
  readonly token: string;
  readonly userId: string;
}

const signInDocument = `mutation ($input: LoginInput!) { login(input: $input) { accessToken user { id } } }`;
const signInSchema = z.object({
  login: z.object({ accessToken: z.string(), user: z.object({ id: z.string() }) }),
});

const pageDocument = `{ me { id } users(first: 20) { edges { node { id fullName department { name } role { name } } } } }`;
const pageSchema = z.object({
  me: z.object({ id: z.string() }),
  users: z.object({ edges: z.array(z.unknown()) }),
});

await runScript(program, async () => {
  const { json, tenant, rate, seconds, inFlight, passwordStdin, ...flags } = flagsSchema.parse(
    program.opts(),
  );
  const password = passwordStdin ? (await readStandardInput()).replace(/\r?\n$/, '') : readStressPassword();
  if (!password)
    throw new UsageError(
      'Set the password in STRESS_PASSWORD, or pass it on standard input with --password-stdin.',
    );
  const url = flags.url ?? (await findDevelopmentEndpoint(program)) ?? usualUrl;
  const visitors: Visitor[] = [];
  for (const entry of tenant) visitors.push(await signIn(url, entry, password));

  const failures = new Map<string, number>();
  let wrongTenant = 0;
  const report = await sendAtRate(
    { requestsPerSecond: rate, seconds, maximumInFlight: inFlight },
    async (turn) => {
      const visitor = visitors[turn % visitors.length];
      if (!visitor) return;
      const answer = await askEndpoint(url, pageDocument, { token: visitor.token });
      if ('code' in answer) {
        failures.set(answer.code, (failures.get(answer.code) ?? 0) + 1);
        return;
      }
      if (pageSchema.parse(answer.data).me.id !== visitor.userId) wrongTenant++;
    },
  );
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const outcome = { ...report, failed, failures: Object.fromEntries(failures), wrongTenant };
  if (json) printJson(outcome);
  else {
    const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
    print(
      `${report.sent} requests to ${counted(visitors.length, 'tenant')} in ${report.seconds.toFixed(1)} s, ${report.skipped} skipped`,
    );
    print(`failed: ${failed}${[...failures].map(([code, count]) => `  ${code}: ${count}`).join('')}`);
    print(`wrong tenant: ${wrongTenant}`);
    print(
      `p50 ${milliseconds(report.p50)}   p95 ${milliseconds(report.p95)}   p99 ${milliseconds(report.p99)}   slowest ${milliseconds(report.slowest)}`,
    );
  }
  return failed + wrongTenant + report.skipped > 0 ? 1 : 0;
});

async function signIn(url: string, entry: string, password: string): Promise<Visitor> {
  const [tenantKey = '', name = ''] = entry.split(':');
  const username = name || 'admin';
  const answer = await askEndpoint(url, signInDocument, {
    variables: { input: { tenantKey, username, password } },
  });
  if ('code' in answer)
    throw new UsageError(`${username} can't sign in to tenant ${tenantKey} at ${url}: ${answer.code}.`);
  const { login } = signInSchema.parse(answer.data);
  return { tenantKey, token: login.accessToken, userId: login.user.id };
}
