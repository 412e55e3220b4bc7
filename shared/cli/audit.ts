import { InvalidArgumentError } from 'commander';
import type { ChainPoint } from '../audit/chain.ts';
import type { AuditFault } from '../audit/fault.ts';
import { type CheckedPromise, checkPromises, MOST_BREACHES } from '../audit/promises.ts';
import { type AuditVerdict, verifyAuditLog } from '../audit/verify.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

interface VerifyOptions {
  readonly anchor?: readonly ChainPoint[];
  readonly settled: number;
}

const MOST_SHOWN = 30;
const BREACHES_SHOWN = 5;

export function registerAudit(registration: Registration): void {
  const group = registration.program.command('audit').description('the log of who changed what, and why');
  addCommand(
    group,
    'verify',
    'compute the hash chain of the audit log anew, compare it with its daily seals and its last states with the tables, and check every promise that holds in the data',
  )
    .option(
      '--anchor <sequence:hash>',
      'a head that an earlier verify printed, or a seal of the log of seal-audit-log: it must still be in the chain; may be given several times',
      parseAnchor,
    )
    .option(
      '--settled <minutes>',
      'facts older than this must be published, and messages dealt with',
      parseMinutes,
      DEFAULT_SETTLED_MINUTES,
    )
    .action(runReading(registration, verify));
}

/** The sweeper publishes every minute, and Pub/Sub delivers again for some minutes more. */
const DEFAULT_SETTLED_MINUTES = 60;

function parseMinutes(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of minutes.');
  return Number(text);
}

function parseAnchor(text: string, before: readonly ChainPoint[] = []): readonly ChainPoint[] {
  const [, sequence, hash] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined)
    throw new InvalidArgumentError('Write the head as verify prints it: number:64 hexadecimal digits.');
  return [...before, { sequence: BigInt(sequence), hash }];
}

async function verify({ database, effects }: Session, { anchor, settled }: VerifyOptions): Promise<CommandOutcome> {
  const verdict = await verifyAuditLog(database, anchor ?? []);
  const settledBefore = new Date(effects.now().getTime() - settled * 60_000);
  const promises = await checkPromises(database, { settledBefore });
  const intact = verdict.faults.length === 0 && promises.every(({ breaches }) => breaches.length === 0);
  return {
    kind: intact ? 'done' : 'failed',
    value: { intact, ...verdict, promises },
    text: (style) => [logText(verdict, style), promisesText(promises, style)].join('\n\n'),
  };
}

function logText(verdict: AuditVerdict, style: Style): string {
  const { entries, head, faults } = verdict;
  const written = head === null ? 'the log is empty' : `head ${head.sequence}:${head.hash}`;
  if (head === null && faults.length === 0) return 'The audit log is empty.';
  if (faults.length === 0) {
    return [
      `${style.good('intact')}: ${counted(entries, 'entry', 'entries')}, every hash computed anew; ${sealsText(verdict)}`,
      written,
      style.dim('Note the head elsewhere: with --anchor a later verify proves that nothing up to it was written anew.'),
    ].join('\n');
  }
  const shown = faults.slice(0, MOST_SHOWN).map((fault) => faultText(fault));
  const more =
    faults.length > MOST_SHOWN ? [`… and ${counted(faults.length - MOST_SHOWN, 'more fault')} (all with --json)`] : [];
  return [
    `${style.bad(counted(faults.length, 'fault'))} in ${counted(entries, 'entry', 'entries')}, ${written}; ${sealsText(verdict)}`,
    indent([...shown, ...more].join('\n'), 2),
    'Someone with rights beyond the application has changed the log or a table beside it: compare with a backup before anything else.',
  ].join('\n');
}

function sealsText({ seals, sealedThrough }: AuditVerdict): string {
  return sealedThrough === null ? 'no day is sealed yet' : `${counted(seals, 'day')} sealed, through ${sealedThrough}`;
}

/** A line for each promise, and under it the places that break it. */
function promisesText(promises: readonly CheckedPromise[], style: Style): string {
  const broken = promises.filter(({ breaches }) => breaches.length > 0);
  const head =
    broken.length === 0
      ? `${style.good('kept')}: ${counted(promises.length, 'check')} of the promises that hold in the data`
      : `${style.bad('broken')}: ${counted(broken.length, 'check')} of ${promises.length} found what breaks a promise`;
  const lines = promises.map(({ promise, sentence, breaches }) => {
    const mark = breaches.length === 0 ? style.good('✓') : style.bad('✗');
    const next = breaches.length === 0 ? [] : [indent(`next: ${nextStep(promise)}`, 6)];
    return [`${mark} ${String(promise).padStart(2)}  ${sentence}`, ...breachLines(breaches), ...next].join('\n');
  });
  return `${head}\n${indent(lines.join('\n'), 2)}`;
}

/** What leads on from a broken promise. Nothing is mended by hand: what is wrong in the data shows who wrote it. */
function nextStep(promise: number): string {
  switch (promise) {
    case 8:
      return 'compare with sql/schema.sql what the place names; a guard that was off lets through what the other checks find';
    case 10:
      return 'daybook status says whether the sweeper runs; what waits is published by its next run';
    case 11:
      return 'daybook dead-letters list, and daybook events replay for what was lost';
    case 15:
      return 'daybook reconcile --period PERIOD compares every invoice with Stripe';
    case 3:
    case 7:
    case 18:
      return 'daybook usage completeness --period PERIOD, and a backup for what was there before';
    case 9:
    case 23:
    case 24:
      return 'the console’s pages of the run and of the audit log say who did what';
    default:
      return 'daybook invoice replay INVOICE computes anew what it should be, and daybook invoice explain INVOICE from what';
  }
}

function breachLines(breaches: CheckedPromise['breaches']): string[] {
  const left = breaches.length - BREACHES_SHOWN;
  const more = breaches.length >= MOST_BREACHES ? `at least ${left} more` : `${left} more`;
  return [
    ...breaches.slice(0, BREACHES_SHOWN).map(({ place, what }) => indent(`${plain(place)}: ${plain(what)}`, 6)),
    ...(left > 0 ? [indent(`… and ${more} (with --json)`, 6)] : []),
  ];
}

function faultText(fault: AuditFault): string {
  switch (fault.kind) {
    case 'missing':
      return fault.from === fault.to
        ? `entry ${fault.from} is missing`
        : `entries ${fault.from} to ${fault.to} are missing`;
    case 'altered':
      return `entry ${fault.sequence} (${plain(fault.action)} ${plain(fault.subject)}) is not what its hash was made from`;
    case 'broken_link':
      return `entry ${fault.sequence} (${plain(fault.action)} ${plain(fault.subject)}) does not follow the one before it: one of them was written anew`;
    case 'put_in':
      return `entry ${fault.sequence} (${plain(fault.action)} ${plain(fault.subject)}) was put into the log beside the chain`;
    case 'head_differs':
      return `entry ${fault.sequence} has the hash ${fault.found}, and the head of the log is kept as ${fault.expected}: the last entries were written anew`;
    case 'fact_differs':
      return `${fault.entity} ${plain(fault.subject)}: ${plain(fault.fact)} is ${plain(fault.actual ?? 'not there')}, and entry ${fault.sequence} noted ${plain(fault.noted ?? 'none')}`;
    case 'state_differs':
      return `${fault.entity} ${plain(fault.subject)} is ${fault.actual ?? 'gone'}, and the log ${fault.logged === null ? 'never mentions it' : `last says ${fault.logged}`}`;
    case 'seal_differs':
      return `entry ${fault.sequence} has the hash ${fault.found ?? '(there is none)'} and was sealed on ${fault.day} as ${fault.expected}: the log was cut or written anew since`;
    case 'seal_altered':
      return `the seal of ${fault.day} is not what its hash was made from, or does not follow the seal before it`;
    case 'seals_missing':
      return fault.from === fault.to
        ? `the seal of ${fault.from} is missing`
        : `the seals of ${fault.from} to ${fault.to} are missing`;
    case 'dropped_usage_differs':
      return `usage of ${fault.month}, which was dropped: ${fault.what}`;
    case 'anchor_differs':
      return `entry ${fault.sequence} has the hash ${fault.found ?? '(there is none)'} and not ${fault.expected}: the chain was written anew`;
    default:
      return fault satisfies never;
  }
}
