import { describe, expect, test } from 'vitest';
import { attention, type Situation } from '../../shared/console/attention.ts';
import { RUN_STEPS, runSteps } from '../../shared/console/run-steps.ts';
import { nextStates, type StateOf, TRANSITIONS } from '../../shared/states/transitions.ts';

const NOW = new Date('2026-11-01T06:00:00Z');
const CALM: Situation = {
  run: null,
  invoices: [],
  missing: [],
  exceptions: [],
  usage: { period: '2026-10', proposedWaivers: [], openAnomalies: [], backfills: [] },
  deadLetters: 0,
  outbox: { waiting: 0n, oldest: null },
  unsentAlerts: 0,
  plansInReview: [],
  unmappedCustomers: [],
  now: NOW,
};
const exception = {
  id: 7n,
  class: 'aggregation_failed',
  subject: 'eu/requests/2026-10-07',
  status: 'escalated',
  reason: 'source_timeout',
  retriedAt: null,
};
const invoice = { id: '2026-10/acme/usage', status: 'held', reason: 'negative_line: −2' };
const cell = { region: 'eu', source: 'requests', day: '2026-10-07', reason: 'never read' };

describe('a voided invoice', () => {
  const issued = { period: '2026-10', status: 'issued' as const };
  const voided = { id: '2026-10/acme/usage', status: 'void', reason: null };
  const seen = (situation: Partial<Situation>) =>
    attention({ ...CALM, run: issued, ...situation }).map(({ command }) => command);
  const anew = (id: string) => `npm run daybook -- invoice reissue ${id} --as person:YOU --why "why it is billed anew"`;

  test('is billed to nobody, until another stands in its place or the run is closed without it', () => {
    expect(seen({ invoices: [voided] })).toEqual([anew(voided.id)]);
    expect(seen({ invoices: [voided, { ...voided, id: `${voided.id}/2`, status: 'rated' }] })).toEqual([]);
    expect(seen({ invoices: [voided], run: { ...issued, status: 'closed' } })).toEqual([]);
  });

  test('the latest of several is named, and each obligation by itself', () => {
    const second = { ...voided, id: `${voided.id}/2` };
    const other = { ...voided, id: '2026-10/acme/acme-1', status: 'finalized' };
    expect(seen({ invoices: [voided, second, other] })).toEqual([anew(second.id)]);
  });
});

describe('what needs a person', () => {
  test('nothing, when the machinery goes on by itself', () => {
    expect(attention(CALM)).toEqual([]);
    const retried = { ...exception, status: 'open', retriedAt: NOW };
    const fresh = { waiting: 3n, oldest: new Date(NOW.getTime() - 60_000) };
    expect(attention({ ...CALM, exceptions: [retried], outbox: fresh })).toEqual([]);
  });

  test.each([
    ['in_review', 'run approve 2026-10'],
    ['rating_failed', 'run rate 2026-10'],
    ['issuing_failed', 'run issue 2026-10'],
  ] as const)('a run that is %s, with the command that moves it', (status, command) => {
    const [first, ...others] = attention({ ...CALM, run: { period: '2026-10', status } });
    expect(first?.command).toContain(command);
    expect(others).toEqual([]);
  });

  test.each([
    ['a held invoice', { invoices: [invoice] }, 'invoice show 2026-10/acme/usage'],
    ['a missing cell', { missing: [cell] }, 'usage aggregate --region eu --day 2026-10-07'],
    ['an escalated exception', { exceptions: [exception] }, 'usage aggregate --region eu --day 2026-10-07'],
    [
      'a proposed waiver',
      { usage: { ...CALM.usage, proposedWaivers: [{ region: 'eu', source: 'requests', day: '2026-10-07' }] } },
      'usage approve-waiver --region eu --source requests --day 2026-10-07 --as person:YOU --why "what was considered"',
    ],
    [
      'open anomalies, together',
      {
        usage: {
          ...CALM.usage,
          openAnomalies: [1n, 2n].map((id) => ({ id, customer: 'Acme', what: 'volume low' })),
        },
      },
      'usage anomalies --period 2026-10',
    ],
    [
      'a backfill of a closed period',
      { usage: { ...CALM.usage, backfills: [{ id: 7n, status: 'proposed' as const, failed: 0 }] } },
      'usage approve-backfill 7 --as person:YOU --why "what was considered"',
    ],
    [
      'a backfill with failures',
      { usage: { ...CALM.usage, backfills: [{ id: 7n, status: 'failed' as const, failed: 2 }] } },
      'usage backfill --resume 7',
    ],
    ['a dead letter', { deadLetters: 1 }, 'status'],
    ['facts that wait too long', { outbox: { waiting: 3n, oldest: new Date('2026-11-01T05:54:00Z') } }, 'status'],
    ['an unsent alert', { unsentAlerts: 1 }, 'status'],
    ['a plan in review', { plansInReview: ['sha256:1'] }, 'plan show sha256:1'],
    ['a customer unknown in Stripe', { unmappedCustomers: ['acme'] }, 'status'],
  ])('%s, with its command', (_name, part, command) => {
    const found = attention({ ...CALM, ...part });
    expect(found).toHaveLength(1);
    expect(found[0]?.command).toBe(`npm run daybook -- ${command}`);
  });

  test('sources of one region and day are one task, and a stopped invoice is not told twice', () => {
    const missing = [cell, { ...cell, source: 'data-gb', reason: 'scrape gap' }];
    expect(attention({ ...CALM, missing }).map(({ why }) => why)).toEqual([
      'requests: never read; data-gb: scrape gap',
    ]);
    const held = { ...exception, class: 'rating_held', subject: '2026-10/acme', status: 'open' };
    expect(attention({ ...CALM, invoices: [invoice], exceptions: [held] })).toHaveLength(1);
  });

  test('many of one kind are three and their number', () => {
    const invoices = Array.from({ length: 40 }, (_, index) => ({ ...invoice, id: `2026-10/customer-${index}/usage` }));
    const found = attention({ ...CALM, run: { period: '2026-10', status: 'approved' }, invoices });
    expect(found.map(({ what }) => what).at(-1)).toBe('40 invoices are held in all');
    expect(found).toHaveLength(4);
  });
});

describe('the stages of a run', () => {
  test('follow the transition table from birth to end', () => {
    expect(TRANSITIONS.billing_run['']).toContain(RUN_STEPS[0]);
    for (const [index, step] of RUN_STEPS.slice(0, -1).entries())
      expect(nextStates('billing_run', step)).toContain(RUN_STEPS[index + 1]);
    expect(nextStates('billing_run', 'closed')).toEqual([]);
  });

  test('mark exactly one stage as present, for every state that a run can have', async () => {
    const states = Object.keys(TRANSITIONS.billing_run).filter((state) => state !== '') as StateOf<'billing_run'>[];
    for (const state of states) {
      const text = String(await runSteps(state));
      expect(text.match(/aria-current="step"/g), state).toHaveLength(1);
      expect(text).toContain(`aria-current="step">${state.replaceAll('_', ' ')}</li>`);
    }
  });
});
