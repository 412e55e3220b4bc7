import type { Incomplete, ReadingEvidence, UsageReader, UsageReading, UsageRow } from '../../shared/sources/reading.ts';

/** A reading with its rows in hand, which no reader gives: for tests, whose days are small. */
export type WholeReading =
  | { readonly kind: 'complete'; readonly rows: readonly UsageRow[]; readonly evidence: ReadingEvidence }
  | (Incomplete & { readonly evidence: ReadingEvidence });

/** A reader that says what it is given, row by row. */
export function readerOf(reading: WholeReading | (() => Promise<WholeReading>)): UsageReader {
  return {
    read: async (_region, _day, keep) => {
      const said = typeof reading === 'function' ? await reading() : reading;
      if (said.kind === 'incomplete') return said;
      const refusal = await keep(said.rows);
      return refusal === undefined
        ? { kind: 'complete', evidence: said.evidence }
        : { ...refusal, evidence: said.evidence };
    },
  };
}

/** Takes what a reader hands over, in the order of the projects; a project that comes twice is refused, as the stage does. */
export async function wholeReading(
  read: (keep: Parameters<UsageReader['read']>[2]) => Promise<UsageReading>,
): Promise<WholeReading> {
  const rows = new Map<string, UsageRow>();
  const reading = await read(async (batch) => {
    for (const row of batch) {
      if (rows.has(row.project))
        return { kind: 'incomplete', reason: 'duplicate_row', detail: `project ${row.project} comes twice` };
      rows.set(row.project, row);
    }
    return undefined;
  });
  if (reading.kind === 'incomplete') return reading;
  return { ...reading, rows: [...rows.values()].sort((a, b) => (a.project < b.project ? -1 : 1)) };
}
