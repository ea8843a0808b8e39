import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resetManagerPassword, unlockManager } from '../../src/tenancy/platform/manager-accounts.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await createTestFleet();
});
afterAll(() => fleet.close());

const createManager = (args: readonly string[], environment: Record<string, string> = {}, input?: string) =>
  runScript('scripts/create-manager.ts', args, { ...fleet.environment, ...environment }, input);

const person = (username: string) => [
  '--username',
  username,
  '--email',
  `${username}@example.com`,
  '--full-name',
  `Manager ${username}`,
];

const signIn = (username: string, password: string, newPassword?: string) =>
  fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken user { id } } }', {
    variables: { input: { username, password, newPassword } },
  });

const auditOf = (action: string) => fleet.tools.central.auditRecord.findMany({ where: { action } });

describe('create-manager', { timeout: 60_000 }, () => {
  it('makes a manager with a made-up password, shown once and good for one sign-in', async () => {
    const { exitCode, stdout, stderr } = await createManager(person('first'));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [, password = ''] = /^The password is (\S+)$/m.exec(stdout) ?? [];
    expect((await signIn('first', password)).codes).toEqual(['PASSWORD_CHANGE_REQUIRED']);
    expect((await signIn('first', password, 'My-own-1-password')).codes).toEqual([]);
    expect((await signIn('first', password)).codes).toEqual(['INVALID_CREDENTIALS']);
    const { data } = await signIn('first', 'My-own-1-password');
    expect(data.login.user).toBeNull();
    const records = await auditOf('manager.create');
    expect(records).toMatchObject([
      {
        entityType: 'Manager',
        managerId: null,
        changes: {
          username: { before: null, after: 'first' },
          email: { before: null, after: 'first@example.com' },
          operator: { before: null, after: expect.any(String) },
        },
      },
    ]);
    expect(JSON.stringify(await fleet.tools.central.auditRecord.findMany())).not.toContain(password);
  });

  it('takes a password from standard input, the environment or a flag, and keeps it', async () => {
    const runs = await Promise.all([
      createManager([...person('piped'), '--password-stdin'], {}, JSON.stringify({ password: testPassword })),
      createManager(person('envied'), { MANAGER_PASSWORD: testPassword }),
      createManager([...person('flagged'), '--password', testPassword, '--json']),
    ]);
    for (const { exitCode, stdout, stderr } of runs) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).not.toContain(testPassword);
    }
    expect(JSON.parse(runs[2].stdout)).toEqual({
      outcome: 'created',
      id: expect.any(String),
      username: 'flagged',
      oneTimePassword: null,
    });
    for (const username of ['piped', 'envied', 'flagged']) {
      expect((await signIn(username, testPassword)).codes).toEqual([]);
    }
  });

  it('takes what other systems write: a byte-order mark, wide letters, an address in ASCII', async () => {
    const { exitCode, stderr } = await createManager(
      [
        ...['--username', ' Ｍａｒｋｅｄ ', '--email', '홍길동@xn--vf4b131b.xn--3e0b707e'],
        ...['--full-name', 'Kim\u3000Min\u200bjun', '--password-stdin'],
      ],
      {},
      `\ufeff${JSON.stringify({ password: 'Pässwörd1!'.normalize('NFD') })}`,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(
      await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'marked' } }),
    ).toMatchObject({ email: '홍길동@회사.한국', fullName: 'Kim Minjun' });
    expect((await signIn('Ｍarked', 'Pässwörd1!')).codes).toEqual([]);
  });

  it.each([
    ['half of a character', { password: 'Password123!\ud800' }],
    ['NUL', { password: 'Password123!\0' }],
    ['what was lost on its way', { password: 'Password123!\ufffd' }],
  ])('refuses a password with %s on standard input', async (_what, input) => {
    const { exitCode, stderr } = await createManager(
      [...person('half'), '--password-stdin'],
      {},
      JSON.stringify(input),
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^create-manager: --password: Use only visible characters/);
    expect(await fleet.tools.central.manager.count({ where: { username: 'half' } })).toBe(0);
  });

  it('refuses flags that are not UTF-8', async () => {
    const { exitCode, stderr } = await createManager([...person('lost').slice(0, -1), 'Lost \ufffd Letter']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'create-manager: The flags must be UTF-8: check the locale of the terminal.\n',
    });
  });

  it('refuses an operator’s name in the environment that is not UTF-8', async () => {
    const { exitCode, stderr } = await createManager(person('lost'), { OPERATOR: 'J\ufffdrg' });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        'create-manager: OPERATOR must be UTF-8: check the locale of the terminal, or use --operator.\n',
    });
  });

  it('refuses a username or an email that a manager has, in one sentence', async () => {
    await fleet.signInManager('taken');
    const [byName, byEmail] = await Promise.all([
      createManager(['--username', 'TAKEN', '--email', 'new@example.com', '--full-name', 'New']),
      createManager(['--username', 'newer', '--email', 'Taken@example.com', '--full-name', 'New', '--json']),
    ]);
    expect(byName).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'create-manager: Manager taken already exists.\n',
    });
    expect(byEmail.exitCode).toBe(1);
    expect(JSON.parse(byEmail.stdout)).toEqual({
      error: 'A manager with the email address taken@example.com already exists.',
    });
  });

  it.each([
    [['--username', 'new'], /--email is missing. --full-name is missing./],
    [
      ['--username', '-x', '--email', 'x', '--full-name', 'X'],
      /--username: Use at least 3.*--email: Not an email/,
    ],
    [[...person('weak'), '--password', 'weak'], /--password: Use at least 8 characters/],
    [[...person('common'), '--password-stdin'], /Standard input must be JSON/],
    [[...person('odd'), '--colour', 'red'], /^create-manager: Unknown option '--colour'\.\n$/],
    [[...person('reset'), '--reset-password'], /--reset-password takes no other flags/],
    [['--username', 'nobody', '--reset-password'], /There is no manager nobody\./],
    [['--full-name', 'X'], /^create-manager: --username is missing\. --email is missing\.\n$/],
  ])('refuses %j', async (args, complaint) => {
    const { exitCode, stderr, stdout } = await createManager(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(complaint);
    expect(
      await fleet.tools.central.manager.count({ where: { username: { in: ['new', 'weak', 'odd'] } } }),
    ).toBe(0);
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await createManager(['--help']);
    expect(exitCode).toBe(0);
    for (const flag of [
      '--username',
      '--email',
      '--full-name',
      '--password-stdin',
      '--reset-password',
      '--json',
    ]) {
      expect(stdout).toContain(flag);
    }
  });

  it('gives a manager a one-time password with --reset-password, and ends their sessions', async () => {
    const { accessToken, refreshToken } = await fleet.signInManager('forgetful');
    const { exitCode, stdout } = await createManager([
      '--username',
      'Forgetful',
      '--reset-password',
      '--json',
    ]);
    expect(exitCode).toBe(0);
    const { outcome, oneTimePassword } = JSON.parse(stdout);
    expect(outcome).toBe('password-reset');
    const { app, graphql } = fleet.startApp();
    expect((await graphql('{ currentManager { id } }', { token: accessToken })).codes).toEqual([
      'UNAUTHENTICATED',
    ]);
    await app.close();
    const refreshed = await fleet.graphql(
      'mutation ($token: String) { refreshToken(refreshToken: $token) { expiresIn } }',
      {
        variables: { token: refreshToken },
      },
    );
    expect(refreshed.codes).toEqual(['UNAUTHENTICATED']);
    expect((await signIn('forgetful', testPassword)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await signIn('forgetful', oneTimePassword)).codes).toEqual(['PASSWORD_CHANGE_REQUIRED']);
    // The password that was forgotten is in the history.
    expect((await signIn('forgetful', oneTimePassword, testPassword)).codes).toEqual(['VALIDATION_FAILED']);
    expect((await signIn('forgetful', oneTimePassword, 'Remembered-1-password')).codes).toEqual([]);
    expect(await auditOf('manager.reset_password')).toHaveLength(1);
  });

  it('tells every process of ended sessions, also when the answer may have been lost', async () => {
    await fleet.signInManager('told');
    await fleet.runAsCentralOwner(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const tell = vi.fn(async () => {});
    const tools = { central: fleet.tools.central, invalidateManagers: tell };
    await expect(resetManagerPassword(tools, 'told', 'tests')).rejects.toThrow('no room');
    await fleet.runAsCentralOwner('DROP FUNCTION refuse CASCADE');
    expect(tell).toHaveBeenCalledTimes(1);
    await expect(resetManagerPassword(tools, 'told', 'tests')).resolves.toBeDefined();
    expect(tell).toHaveBeenCalledTimes(2);
  });

  it('lets a manager in again whom strangers have locked, with --unlock', async () => {
    await fleet.signInManager('locked');
    const lockedUntil = new Date(Date.now() + 600_000);
    const { id } = await fleet.tools.central.manager.update({
      where: { username: 'locked' },
      data: { lockCount: 3, lockedUntil },
    });
    await fleet.tools.central.managerSignInSource.create({
      data: { managerId: id, source: 'network 192.0.2.1', failures: 5, lockCount: 1, lockedUntil },
    });
    expect((await signIn('locked', testPassword)).codes).toEqual(['INVALID_CREDENTIALS']);
    const unlocked = await createManager(['--username', 'Locked', '--unlock']);
    const [again, nobody, confused] = await Promise.all([
      createManager(['--username', 'ＬＯＣＫＥＤ', '--unlock']),
      createManager(['--username', 'nobody', '--unlock']),
      createManager(['--username', 'locked', '--unlock', '--reset-password']),
    ]);
    expect(unlocked).toMatchObject({ exitCode: 0, stdout: 'Manager locked can sign in again.\n' });
    expect(again).toMatchObject({ exitCode: 0, stdout: 'Manager locked was not locked.\n' });
    expect(nobody).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('There is no manager nobody.'),
    });
    expect(confused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--unlock takes no other flags'),
    });
    expect((await signIn('locked', testPassword)).codes).toEqual([]);
    expect(await fleet.tools.central.managerSignInSource.count({ where: { managerId: id } })).toBe(0);
    expect(await auditOf('manager.unlock')).toMatchObject([
      { entityType: 'Manager', entityId: id, changes: { operator: { after: expect.any(String) } } },
    ]);
  });

  it('finds a manager of --reset-password and --unlock by a name from before folding', async () => {
    const tools = { central: fleet.tools.central, invalidateManagers: async () => {} };
    const username = 'ｏｌｄ＿ｗｉｄｅ';
    await tools.central.manager.create({
      data: { username, email: 'old-wide@example.com', fullName: 'Old', passwordHash: 'none', lockCount: 1 },
    });
    expect(await unlockManager(tools, 'Ｏｌｄ＿Ｗｉｄｅ', 'tests')).toEqual({ username, unlocked: true });
    expect(await resetManagerPassword(tools, 'Ｏｌｄ＿Ｗｉｄｅ', 'tests')).toMatchObject({ username });
  });

  it('takes a one-time password no longer once its time is over', async () => {
    const { stdout } = await createManager([...person('late'), '--json']);
    const { oneTimePassword } = JSON.parse(stdout);
    const made = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'late' } });
    const hours = (Number(made.passwordExpiresAt) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(72);
    await fleet.tools.central.manager.update({
      where: { username: 'late' },
      data: { passwordExpiresAt: new Date(Date.now() - 1_000) },
    });
    expect((await signIn('late', oneTimePassword, 'My-own-1-password')).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
  });
});
