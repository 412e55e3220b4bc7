import { describe, expect, test } from 'vitest';
import { COMMANDS, recoveryCommand } from '../../shared/alerts/commands.ts';
import { POLICIES } from '../../shared/exceptions/policy.ts';
import { daybook } from '../cli/command-line.ts';

const EXAMPLES = [
  COMMANDS.aggregate('europe-west1', '2026-10-31'),
  COMMANDS.rerun('europe-west1', '2026-10-31'),
  COMMANDS.listAnomalies('2026-10'),
  COMMANDS.releaseAnomaly(12n),
  COMMANDS.approveWaiver('europe-west1', 'requests', '2026-10-31'),
  COMMANDS.approveBackfill(7n),
  COMMANDS.resumeBackfill(7n),
  COMMANDS.completeness('2026-10'),
  COMMANDS.showRun('2026-10'),
  COMMANDS.reportRun('2026-10'),
  COMMANDS.rateRun('2026-10'),
  COMMANDS.approveRun('2026-10', '0123456789abcdef'),
  COMMANDS.issueRun('2026-10'),
  COMMANDS.closeRun('2026-10'),
  COMMANDS.releaseInvoice('2026-10/acme/usage'),
  COMMANDS.showInvoice('2026-10/acme/usage'),
  COMMANDS.voidInvoice('2026-10/acme/usage'),
  COMMANDS.reissueInvoice('2026-10/acme/usage'),
  COMMANDS.mapCustomer('acme'),
  COMMANDS.reconcile('2026-10'),
  COMMANDS.acceptDifference(),
  COMMANDS.explainInvoice('2026-10/acme/usage'),
  COMMANDS.showAdjustment('2026-10/acme/adjustment/1'),
  COMMANDS.approveAdjustment('2026-10/acme/adjustment/1'),
  COMMANDS.applyAdjustment('2026-10/acme/adjustment/1'),
  COMMANDS.listExceptions(),
  COMMANDS.retryException(7n),
  COMMANDS.waiveException(7n),
  COMMANDS.listDeadLetters(),
  COMMANDS.replayDeadLetter(7n),
  COMMANDS.discardDeadLetter(7n),
  COMMANDS.showPlan('sha256:1'),
  COMMANDS.approvePlan('sha256:1'),
  COMMANDS.planRetention(),
  COMMANDS.verifyAudit(),
  COMMANDS.status(),
];

describe('a command that people are told to run', () => {
  test.each(EXAMPLES)('%s is one that the command line has, with these options', async (text) => {
    const words = text.replace('npm run daybook -- ', '').split(' ');
    const path = words.slice(0, words[1]?.startsWith('--') || words.length === 1 ? 1 : 2);
    const { code, out } = await daybook([...path, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: daybook ${path.join(' ')}`);
    for (const option of words.filter((word) => word.startsWith('--'))) expect(out).toContain(option);
  });

  test('an invoice of an off-cycle run is issued with its own run', () => {
    expect(recoveryCommand('issuing_failed', '2026-10/acme/usage/2')).toMatch(/run issue 2026-10$/);
    expect(recoveryCommand('issuing_failed', '2026-10/acme/off-cycle-acme-1/2')).toMatch(/run issue 2026-10:acme-1$/);
  });

  test('there is an example of every one', () => {
    expect(EXAMPLES).toHaveLength(Object.keys(COMMANDS).length);
  });

  test.each(Object.keys(POLICIES))(
    'an exception of class %s comes with a command for its subject',
    (exceptionClass) => {
      const text = recoveryCommand(exceptionClass, 'europe-west1/requests/2026-10-31');
      expect(text).toMatch(
        /^npm run daybook -- (usage aggregate --region europe-west1 --day 2026-10-31|usage completeness --period \S+|run (show|rate|issue) \S+|retention plan|invoice show \S+|adjustments (show|apply) \S+|(invoice void|reconcile --period) \S+ .*--as person:YOU.*)$/,
      );
    },
  );
});
