import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Breach, checkPromises } from '../../shared/audit/promises.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { EFFECTS } from '../cli/month.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { Intruder, issuedMonth } from './issued-month.ts';
import { CORRECTION_BREACHES } from './planted/corrections.ts';
import { FLOW_BREACHES } from './planted/flow.ts';
import { GUARD_BREACHES } from './planted/guards.ts';
import { MONEY_BREACHES } from './planted/money.ts';
import { PEOPLE_BREACHES } from './planted/people.ts';
import { USAGE_BREACHES } from './planted/usage.ts';

const PLANTED_BREACHES = [
  ...USAGE_BREACHES,
  ...MONEY_BREACHES,
  ...CORRECTION_BREACHES,
  ...FLOW_BREACHES,
  ...PEOPLE_BREACHES,
  ...GUARD_BREACHES,
];

let db: TestDatabase;
let intruder: Intruder;
beforeAll(async () => {
  db = await issuedMonth();
  intruder = new Intruder(db.url);
});
afterAll(async () => {
  await intruder.close();
  await db.remove();
});

const LATER = { settledBefore: new Date('2027-01-01T00:00:00Z') };

/** The promises that are broken after the statements, with the places. */
function brokenBy(...statements: string[]): Promise<readonly (Breach & { readonly sentence: string })[]> {
  return intruder.afterwards(statements, async (transaction) =>
    (await checkPromises(transaction, LATER)).flatMap(({ sentence, breaches }) =>
      breaches.map((breach) => ({ sentence, ...breach })),
    ),
  );
}

describe('what breaks a promise in the data is named with its place', () => {
  test('an issued month keeps every promise', async () => {
    expect(await brokenBy()).toEqual([]);
  });

  test.each(PLANTED_BREACHES)('$what: not so that $sentence', async ({ sentence, place, statements }) => {
    const named = typeof place === 'string' ? place : expect.stringMatching(place);
    expect(await brokenBy(...statements)).toContainEqual({ sentence, place: named, what: expect.any(String) });
  });

  test('a document that is no JSON any more is a breach, not a failure of the check', async () => {
    await db.owner.query('set session_replication_role = replica');
    const { rows } = await db.owner.query('select document from invoices');
    await db.owner.query(`update invoices set document = '{"lines":'`);
    const checked = await checkPromises(db.database, LATER);
    expect(checked.flatMap(({ breaches }) => breaches)).toContainEqual({
      place: 'the whole check',
      what: expect.stringContaining('invalid input syntax for type json'),
    });
    await db.owner.query('update invoices set document = $1', [rows[0].document]);
    await db.owner.query('set session_replication_role = origin');
  });

  test('every check can fail: something is planted for each of them', async () => {
    const checked = await checkPromises(db.database, LATER);
    expect(new Set(PLANTED_BREACHES.map(({ sentence }) => sentence))).toEqual(
      new Set(checked.map(({ sentence }) => sentence)),
    );
  });

  test('the auditor’s role can make every check', async () => {
    const auditor = openDatabase(
      { url: db.url, role: 'daybook_auditor', poolSize: 1, applicationName: 'test' },
      EFFECTS,
    );
    expect((await checkPromises(auditor, LATER)).flatMap(({ breaches }) => breaches)).toEqual([]);
    await auditor.close();
  });
});
