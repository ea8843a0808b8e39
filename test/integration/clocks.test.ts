import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

const hour = 3_600_000;
const week = 7 * 24 * hour;
/** Far less than the clocks differ in these tests. */
const moments = 60_000;

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());
afterEach(() => {
  vi.useRealTimers();
});

const setClockOffBy = (milliseconds: number) =>
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });

const sessionOf = (accessToken: string) => z.object({ sid: z.uuid() }).parse(decodeJwt(accessToken)).sid;

describe.each([
  ['behind', -2 * hour],
  ['ahead', 2 * hour],
])('a process whose clock is two hours %s', (_where, offset) => {
  test('stores when a session and its token end by the database’s clock', async () => {
    setClockOffBy(offset);
    const { accessToken, refreshToken } = await fleet.signIn('acme01');
    const { data } = await fleet.graphql(
      'mutation ($token: String) { refreshToken(refreshToken: $token) { accessToken } }',
      { variables: { token: refreshToken } },
    );
    expect(data.refreshToken).not.toBeNull();
    vi.useRealTimers();
    const session = await acme.db.session.findUniqueOrThrow({
      where: { id: sessionOf(accessToken) },
      include: { refreshTokens: true },
    });
    expect(session.refreshTokens).toHaveLength(2);
    for (const { expiresAt } of [session, ...session.refreshTokens]) {
      expect(Math.abs(expiresAt.getTime() - Date.now() - week)).toBeLessThan(moments);
    }
  });

  test.each([
    ['goes on for another hour', hour, []],
    ['ended an hour ago', -hour, ['UNAUTHENTICATED']],
  ])('serves a session that %s by the database’s clock as such', async (_when, left, codes) => {
    for (const realm of ['tenant', 'managers'] as const) {
      setClockOffBy(offset);
      const { accessToken } = await (realm === 'tenant' ? fleet.signIn('acme01') : fleet.signInManager());
      const id = sessionOf(accessToken);
      const data = { expiresAt: new Date(Date.now() - offset + left) };
      if (realm === 'tenant') await acme.db.session.update({ where: { id }, data });
      else await fleet.tools.central.managerSession.update({ where: { id }, data });
      const answer = await fleet.graphql('{ sessions { id } }', { token: accessToken });
      expect(answer.codes).toEqual(codes);
      vi.useRealTimers();
    }
  });
});
