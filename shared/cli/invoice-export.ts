import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { type ExportFormat, exportInvoices } from '../exports/export.ts';
import { addCommand, parsePeriodArgument, type Registration, runReading } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';

interface ExportOptions {
  readonly period: BillingPeriod;
  readonly format: ExportFormat;
  readonly lines?: boolean;
  readonly out?: string;
}

const FORMATS: readonly ExportFormat[] = ['csv', 'json'];

export function registerExport(group: Command, registration: Registration): void {
  addCommand(
    group,
    'export',
    'the invoices of a period for finance, as CSV (RFC 4180, UTF-8) or JSON with stable columns',
  )
    .requiredOption('--period <period>', 'the month, like 2026-10', parsePeriodArgument)
    .option('--format <format>', 'csv or json', parseFormat, 'csv')
    .option('--lines', 'a record for each line; in JSON the lines inside each invoice')
    .option('--out <file>', 'write to this file instead of the standard output')
    .action(
      runReading<[ExportOptions]>(registration, (session, options) => exportPeriod(session, registration.io, options)),
    );
}

function parseFormat(text: string): ExportFormat {
  const format = FORMATS.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`Write one of ${FORMATS.join(', ')}.`);
  return format;
}

async function exportPeriod(
  { database }: Session,
  io: CommandIo,
  { period, format, lines = false, out }: ExportOptions,
): Promise<CommandOutcome> {
  const parts = exportInvoices(database, { period, format, lines });
  if (out !== undefined) return writeFileOf(parts, resolve(io.directory, out));
  for await (const part of parts) {
    io.stdout.write(part);
    await io.stdout.drained?.();
  }
  return { kind: 'written' };
}

/** Writes beside the file and renames at the end, so that a file of that name is always whole. */
export async function writeFileOf(parts: AsyncIterable<string>, path: string): Promise<CommandOutcome> {
  const unfinished = `${path}.unfinished`;
  let bytes = 0;
  try {
    const file = await open(unfinished, 'w');
    try {
      for await (const part of parts) bytes += (await file.write(part)).bytesWritten;
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !UNWRITABLE.has(code)) throw error;
    return refused(
      'not_written',
      `${path} cannot be written (${code}): name a file in a folder that you may write to.`,
    );
  }
  return {
    kind: 'done',
    value: { file: path, bytes },
    text: (style) => `${style.good('written')}: ${path}, ${bytes.toLocaleString('en-US')} bytes`,
  };
}

const UNWRITABLE = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EROFS', 'EPERM', 'ENOSPC', 'ENAMETOOLONG']);
