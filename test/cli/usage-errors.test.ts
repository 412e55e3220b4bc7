import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processIo } from '../../shared/cli/io.ts';
import { openSession } from '../../shared/cli/session.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { daybook } from './command-line.ts';

describe('wrong usage exits 2 and says what to write', () => {
  test.each([
    ['usge', "unknown command 'usge'\n(Did you mean usage?)"],
    ['usage agregate', "unknown command 'agregate'\n(Did you mean aggregate?)"],
    ['invoice list --perod 2026-10', "unknown option '--perod'\n(Did you mean --period?)"],
    ['run show', "missing required argument 'period'"],
    ['run show October', 'Write a month, like 2026-10.'],
    ['run show 2026-13', 'Write a month, like 2026-10.'],
    ['run show 2026-10 2026-11', 'too many arguments'],
    ['usage aggregate --region eu-west', "required option '--day <day>' not specified"],
    ['usage aggregate --region eu-west --day 2026-02-30', 'Write a day of the calendar, like 2026-10-31.'],
    ['usage completeness', "required option '--period <period>' not specified"],
    ['usage waive --region eu-west --source requests', "required option '--day <day>' not specified"],
    ['usage release-anomaly twelve --why x', 'Write its number, like 12.'],
    ['run approve 2026-10', "required option '--why <reason>' not specified"],
    ['invoice list --status rate', 'Write one of rated, held, approved'],
    ['audit verify --anchor 27', 'Write the head as verify prints it'],
  ])('daybook %s', async (words, message) => {
    const { code, out, err } = await daybook(words);
    expect(err).toContain(message);
    expect(err).toContain('error: ');
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test.each([[''], ['usage'], ['run'], ['invoice']])(
    '"daybook %s" without a command shows what there is',
    async (words) => {
      const { code, err } = await daybook(words === '' ? [] : words);
      expect(err).toContain('Commands:');
      expect(code).toBe(2);
    },
  );
});

describe('help exits 0 and goes to standard output', () => {
  test.each([
    ['--help', 'Exit codes: 0 done, 1 refused or failed, 2 wrong usage.'],
    ['usage --help', 'aggregate'],
    ['usage aggregate --help', '--as <principal>'],
    ['help run', 'approve'],
    ['invoice explain --help', '--full'],
  ])('daybook %s', async (words, text) => {
    const { code, out, err } = await daybook(words);
    expect(out).toContain(text);
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('every command takes --json', async () => {
    const commands = [
      'sources list',
      'sources show',
      'sources check',
      'sources submit',
      'sources approve',
      'sources reject',
      'usage aggregate',
      'usage completeness',
      'usage rerun',
      'usage backfill',
      'usage backfills',
      'usage approve-backfill',
      'usage reject-backfill',
      'usage waive',
      'usage approve-waiver',
      'usage reject-waiver',
      'usage waivers',
      'usage anomalies',
      'usage release-anomaly',
      'run show',
      'run rate',
      'run approve',
      'run issue',
      'invoice list',
      'invoice show',
      'invoice explain',
      'exceptions list',
      'audit verify',
      'status',
    ];
    for (const command of commands) expect((await daybook(`${command} --help`)).out, command).toContain('--json');
  });
});

describe('where the database is', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'daybook-cli-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const writeStack = (text: string, folder = '.daybook'): void => {
    mkdirSync(join(directory, folder));
    writeFileSync(join(directory, folder, 'stack.json'), text);
  };

  test('without DATABASE_URL and without a local stack: says both ways', async () => {
    const { code, err, out } = await daybook('status', { directory });
    expect(err).toBe('refused: No database: set DATABASE_URL, or start the local stack with npm start.\n');
    expect(out).toBe('');
    expect(code).toBe(1);
  });

  test('with --json the refusal is JSON on standard output', async () => {
    const run = await daybook('status --json', { directory });
    expect(run.json()).toEqual({ refused: { reason: 'no_database', message: expect.stringContaining('npm start') } });
    expect(run.err).toBe('');
    expect(run.code).toBe(1);
  });

  test('beside a local stack a command lives at the stack’s time, which its file states', () => {
    writeStack(JSON.stringify({ databaseUrl: 'postgres://daybook@127.0.0.1:1/daybook', clockOffsetMs: -86_400_000 }));
    const effects = { ...systemEffects(), now: () => new Date('2026-11-02T00:00:00Z') };
    const opening = openSession({ ...processIo(), environment: {}, directory, effects });
    if (opening.kind !== 'open') throw new Error(opening.message);
    expect(opening.session.effects.now().toISOString()).toBe('2026-11-01T00:00:00.000Z');
  });

  test.each([
    ['not JSON', 'it is not JSON'],
    ['{}', 'databaseUrl'],
    ['{"databaseUrl": "mysql://x"}', 'must look like postgres://'],
  ])('a stack file with %s names the file and what to do', async (text, message) => {
    writeStack(text);
    const { code, err } = await daybook('status', { directory });
    expect(err).toContain(join(directory, '.daybook', 'stack.json'));
    expect(err).toContain(message);
    expect(err).toContain('npm start');
    expect(code).toBe(1);
  });

  test('a malformed variable of the environment is named, and its value is not repeated', async () => {
    const environment = { DATABASE_URL: 'postgres://me:geheim@host/db', STRIPE_API_KEY: 'geheim' };
    const { code, err } = await daybook('status', { environment });
    expect(err).toContain('STRIPE_API_KEY must begin with sk_ or rk_');
    expect(err).not.toContain('geheim');
    expect(code).toBe(1);
  });
});
