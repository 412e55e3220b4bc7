import type { Reader } from '../database/database.ts';
import {
  breachListDoubledCheckpoints,
  breachListDoubledInvoices,
  breachListOtherDigests,
  breachListOtherQuantities,
  breachListOtherRounding,
  breachListOtherRows,
  breachListOtherTransitions,
  breachListSelfApprovals,
  breachListStaleWriters,
  breachListUnansweredMessages,
  breachListUnbilledUsage,
  breachListUnequalCorrections,
  breachListUnequalSums,
  breachListUnlistedTransitions,
  breachListUnpinnedCells,
  breachListUnpublishedFacts,
  breachListUnreleasedHolds,
  breachListUnstatedExclusions,
  breachListUntiledDays,
  breachListWebhookAmounts,
} from '../database/queries.generated.ts';
import type { Query } from '../database/query.ts';
import { sqlStateOf } from '../database/sqlstate.ts';
import { currency, currencyCodes, minorUnitExponent } from '../exact/currency.ts';
import { TRANSITIONS } from '../states/transitions.ts';
import { otherGuards } from './guards.ts';
import { otherAnswers } from './stripe-answers.ts';

/** One place where the data do not keep a promise. */
export interface Breach {
  /** The row, in words that a command takes: an invoice's id, `run#token customer line`, `region/source/day`. */
  readonly place: string;
  readonly what: string;
}

/** A promise of the design that holds in the data, and what to ask for what breaks it. */
interface PromiseCheck {
  readonly promise: number;
  /** What is checked, as a sentence that is true when there is no breach. */
  readonly sentence: string;
  readonly find: (reader: Reader, bounds: PromiseBounds) => Promise<readonly Breach[]>;
}

/** What a check cannot know by itself. */
export interface PromiseBounds {
  /** Facts older than this must be published, and messages dealt with. */
  readonly settledBefore: Date;
}

export interface CheckedPromise {
  readonly promise: number;
  readonly sentence: string;
  /** At most {@link MOST_BREACHES} of each check. */
  readonly breaches: readonly Breach[];
}

/** More of one kind say nothing more, and would not fit a screen. */
export const MOST_BREACHES = 100;

const LIMIT = { most: MOST_BREACHES };

const exponents = currencyCodes().map((code) => ({ code, exponent: minorUnitExponent(currency(code)) }));
const transitions = Object.entries(TRANSITIONS).flatMap(([entity, states]) =>
  Object.entries(states).flatMap(([from, targets]) => targets.map((to: string) => ({ entity, from, to }))),
);

const bySql =
  (query: Query<typeof LIMIT, Breach>): PromiseCheck['find'] =>
  (reader) =>
    reader.rows(query, LIMIT);

/** In the order of the promises. Promises that are not here are held by tests alone. */
const CHECKS: readonly PromiseCheck[] = [
  { promise: 2, sentence: 'the lines of an invoice add up to it', find: bySql(breachListUnequalSums) },
  { promise: 3, sentence: 'a priced run rests on every cell, or on its waiver', find: bySql(breachListUnpinnedCells) },
  { promise: 3, sentence: 'a cell has one current checkpoint', find: bySql(breachListDoubledCheckpoints) },
  {
    promise: 4,
    sentence: 'an obligation has one live invoice, here and in Stripe',
    find: bySql(breachListDoubledInvoices),
  },
  { promise: 5, sentence: 'a quantity is the roll-up of its rows', find: bySql(breachListOtherQuantities) },
  { promise: 5, sentence: 'a row is in a line or in a stated exclusion', find: bySql(breachListUnstatedExclusions) },
  { promise: 5, sentence: 'usage that nobody pays for is an exception', find: bySql(breachListUnbilledUsage) },
  { promise: 6, sentence: 'a line and its document are what their digests say', find: bySql(breachListOtherDigests) },
  { promise: 7, sentence: 'days are covered once', find: bySql(breachListUntiledDays) },
  { promise: 8, sentence: 'only listed transitions happened', find: bySql(breachListUnlistedTransitions) },
  {
    promise: 8,
    sentence: 'the database allows what the code lists',
    find: (reader) =>
      reader.rows(breachListOtherTransitions, {
        ...LIMIT,
        entities: transitions.map(({ entity }) => entity),
        from_states: transitions.map(({ from }) => from),
        to_states: transitions.map(({ to }) => to),
      }),
  },
  {
    promise: 8,
    sentence: 'the guards of the database are in force',
    find: (reader) => otherGuards(reader, MOST_BREACHES),
  },
  {
    promise: 9,
    sentence: 'a period has one active run, and its writers its token',
    find: bySql(breachListStaleWriters),
  },
  {
    promise: 10,
    sentence: 'committed facts are published',
    find: (reader, { settledBefore }) =>
      reader.rows(breachListUnpublishedFacts, { ...LIMIT, older_than: settledBefore }),
  },
  {
    promise: 11,
    sentence: 'received messages are applied or put aside',
    find: (reader, { settledBefore }) =>
      reader.rows(breachListUnansweredMessages, { ...LIMIT, older_than: settledBefore }),
  },
  {
    promise: 12,
    sentence: 'billed and adjustments are what is right',
    find: bySql(breachListUnequalCorrections),
  },
  {
    promise: 14,
    sentence: 'a line is its exact value, rounded once',
    find: (reader) =>
      reader.rows(breachListOtherRounding, {
        ...LIMIT,
        currencies: exponents.map(({ code }) => code),
        exponents: exponents.map(({ exponent }) => exponent),
      }),
  },
  {
    promise: 15,
    sentence: 'Stripe answered with what the invoice is here',
    find: (reader) => otherAnswers(reader, MOST_BREACHES),
  },
  { promise: 17, sentence: 'amounts are those that were rated', find: bySql(breachListWebhookAmounts) },
  { promise: 18, sentence: 'what a run rests on is there', find: bySql(breachListOtherRows) },
  { promise: 23, sentence: 'nobody approved what they wrote', find: bySql(breachListSelfApprovals) },
  { promise: 24, sentence: 'what was held went on by release', find: bySql(breachListUnreleasedHolds) },
];

/**
 * Asks the data for breaches of every promise that holds in them: one statement over whole tables for each check. What
 * cannot be read, like a document that is no JSON any more, is a breach of its check.
 */
export async function checkPromises(reader: Reader, bounds: PromiseBounds): Promise<readonly CheckedPromise[]> {
  const checked: CheckedPromise[] = [];
  for (const { promise, sentence, find } of CHECKS) {
    checked.push({ promise, sentence, breaches: await find(reader, bounds).catch(unreadable) });
  }
  return checked;
}

/** Class 22 is data that are not what their column says: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function unreadable(error: unknown): readonly Breach[] {
  if (!sqlStateOf(error)?.startsWith('22')) throw error;
  return [{ place: 'the whole check', what: `cannot be made: ${(error as Error).message}` }];
}
