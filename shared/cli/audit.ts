import { InvalidArgumentError } from 'commander';
import { type AuditFault, type AuditVerdict, type ChainPoint, verifyAuditLog } from '../audit/verify.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

interface VerifyOptions {
  readonly anchor?: ChainPoint;
}

const MOST_SHOWN = 30;

export function registerAudit(registration: Registration): void {
  const group = registration.program.command('audit').description('the log of who changed what, and why');
  addCommand(
    group,
    'verify',
    'compute the hash chain of the audit log anew and compare its last states with the tables',
  )
    .option(
      '--anchor <sequence:hash>',
      'a head that an earlier verify printed: it must still be in the chain',
      parseAnchor,
    )
    .action(runReading(registration, verify));
}

function parseAnchor(text: string): ChainPoint {
  const [, sequence, hash] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined)
    throw new InvalidArgumentError('Write the head as verify prints it: number:64 hexadecimal digits.');
  return { sequence: BigInt(sequence), hash };
}

async function verify(session: Session, { anchor }: VerifyOptions): Promise<CommandOutcome> {
  const verdict = await verifyAuditLog(session.database, anchor ?? null);
  return {
    kind: verdict.faults.length === 0 ? 'done' : 'failed',
    value: { intact: verdict.faults.length === 0, ...verdict },
    text: (style) => verdictText(verdict, style),
  };
}

function verdictText({ entries, head, faults }: AuditVerdict, style: Style): string {
  if (head === null && faults.length === 0) return 'The audit log is empty.';
  const written = head === null ? 'the log is empty' : `head ${head.sequence}:${head.hash}`;
  if (faults.length === 0) {
    return `${style.good('intact')}: ${counted(entries, 'entry', 'entries')}, every hash computed anew\n${written}\n${style.dim('Note the head elsewhere: with --anchor a later verify proves that nothing up to it was written anew.')}`;
  }
  const shown = faults.slice(0, MOST_SHOWN).map((fault) => faultText(fault));
  const more =
    faults.length > MOST_SHOWN ? [`… and ${counted(faults.length - MOST_SHOWN, 'more fault')} (all with --json)`] : [];
  return [
    `${style.bad(counted(faults.length, 'fault'))} in ${counted(entries, 'entry', 'entries')}, ${written}`,
    indent([...shown, ...more].join('\n'), 2),
    'Someone with rights beyond the application has changed the log or a table beside it: compare with a backup before anything else.',
  ].join('\n');
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
    case 'state_differs':
      return `${fault.entity} ${plain(fault.subject)} is ${fault.actual ?? 'gone'}, and the log ${fault.logged === null ? 'never mentions it' : `last says ${fault.logged}`}`;
    case 'anchor_differs':
      return `entry ${fault.sequence} has the hash ${fault.found ?? '(there is none)'} and not ${fault.expected}: the chain was written anew`;
    default:
      return fault satisfies never;
  }
}
