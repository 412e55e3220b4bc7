import { Command, CommanderError } from 'commander';
import { registerAdjustments } from './adjustments.ts';
import { registerAudit } from './audit.ts';
import type { Registration } from './commands.ts';
import { registerContracts } from './contracts.ts';
import { registerCustomers } from './customers.ts';
import { registerDeadLetters } from './dead-letters.ts';
import { registerEvents } from './events.ts';
import { registerExceptions } from './exceptions.ts';
import { explainFault } from './fault.ts';
import { registerInvoice } from './invoice.ts';
import type { CommandIo } from './io.ts';
import { registerMigrate } from './migrate.ts';
import { type CommandOutcome, type ExitCode, exitCodeOf, writeJson } from './outcome.ts';
import { registerPlan } from './plan.ts';
import { registerReconcile } from './reconcile.ts';
import { registerRetention } from './retention.ts';
import { registerRules } from './rules.ts';
import { registerRun } from './run.ts';
import { registerSchedule } from './schedule.ts';
import { registerSmoke } from './smoke.ts';
import { registerSources } from './sources.ts';
import { registerStatus } from './status.ts';
import { styleFor } from './terminal/style.ts';
import { registerTrace } from './trace.ts';
import { registerUsage } from './usage.ts';

/** The groups in the order in which --help lists them. */
const GROUPS: readonly ((registration: Registration) => void)[] = [
  registerPlan,
  registerSources,
  registerUsage,
  registerRun,
  registerContracts,
  registerInvoice,
  registerAdjustments,
  registerTrace,
  registerRules,
  registerCustomers,
  registerReconcile,
  registerExceptions,
  registerEvents,
  registerDeadLetters,
  registerRetention,
  registerAudit,
  registerStatus,
  registerSchedule,
  registerMigrate,
  registerSmoke,
];

/**
 * Runs one command line (without the program's own name) and returns its exit code: 0 done, 1 refused or failed,
 * 2 wrong usage. It throws nothing.
 */
export async function runCli(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  let asJson = false;
  let finished: CommandOutcome | undefined;
  const program = makeProgram(io);
  const finish: Registration['finish'] = (command, outcome) => {
    asJson = command.opts().json === true;
    finished = outcome;
  };
  for (const register of GROUPS) register({ program, io, finish });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has written its message; help that was asked for is done, everything else is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    finished = explainFault(error);
    asJson = argv.includes('--json');
    if (finished === undefined) return reportDefect(error, io);
  }
  return finished === undefined ? 0 : print(finished, asJson, io);
}

function makeProgram(io: CommandIo): Command {
  return (
    new Command('daybook')
      .description('Usage-based billing: from telemetry to invoices that finance can defend line by line.')
      .exitOverride()
      // An option belongs to the command that it follows: "reconcile" and "reconcile accept" both take --as.
      .enablePositionalOptions()
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        getOutHelpWidth: () => io.stdout.width,
        getErrHelpWidth: () => io.stderr.width,
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      })
      .showHelpAfterError('(add --help for what it takes)')
      .addHelpText(
        'after',
        '\nExit codes: 0 done, 1 refused or failed, 2 wrong usage.\nThe database is the one in DATABASE_URL, or the local stack started here with npm start.',
      )
  );
}

function print(outcome: CommandOutcome, asJson: boolean, io: CommandIo): ExitCode {
  switch (outcome.kind) {
    case 'done':
    case 'failed':
      io.stdout.write(asJson ? writeJson(outcome.value) : `${outcome.text(styleFor(io.stdout, io.environment))}\n`);
      break;
    case 'written':
      break;
    case 'refused':
      if (asJson) io.stdout.write(writeJson({ refused: { reason: outcome.reason, message: outcome.message } }));
      else io.stderr.write(`${styleFor(io.stderr, io.environment).bad('refused:')} ${outcome.message}\n`);
      break;
    case 'wrong_usage':
      io.stderr.write(`error: ${outcome.message}\n`);
      break;
    default:
      outcome satisfies never;
  }
  return exitCodeOf(outcome);
}

function reportDefect(error: unknown, io: CommandIo): ExitCode {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(
    `error: a fault inside Daybook; nothing half-done is kept. Please report it with these lines:\n${trace}\n`,
  );
  return 1;
}
