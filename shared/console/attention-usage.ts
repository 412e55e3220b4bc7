import { COMMANDS } from '../alerts/commands.ts';
import type { Attention } from './attention.ts';

/** What waits for a person beside the matrix of a period. */
export interface UsageDecisions {
  readonly period: string;
  readonly proposedWaivers: readonly { readonly region: string; readonly source: string; readonly day: string }[];
  readonly openAnomalies: readonly { readonly id: bigint; readonly customer: string; readonly what: string }[];
  /** Proposed, or ended with failures. */
  readonly backfills: readonly {
    readonly id: bigint;
    readonly status: 'proposed' | 'failed';
    readonly failed: number;
  }[];
}

/** One line for each kind: the page of the period lists every one. */
export function usageAttention(decisions: UsageDecisions): readonly Attention[] {
  const { period, proposedWaivers, openAnomalies, backfills } = decisions;
  const address = `/usage?period=${period}`;
  const items: Attention[] = [];
  const [waiver] = proposedWaivers;
  if (waiver !== undefined) {
    items.push({
      tone: 'warning',
      what: `${counted(proposedWaivers.length, 'waiver is', 'waivers are')} proposed`,
      why: `${waiver.region}/${waiver.source}/${waiver.day}: someone other than the author approves it, or it stays missing.`,
      address,
      command: COMMANDS.approveWaiver(waiver.region, waiver.source, waiver.day),
    });
  }
  const [anomaly] = openAnomalies;
  if (anomaly !== undefined) {
    const customers = new Set(openAnomalies.map(({ customer }) => customer)).size;
    items.push({
      tone: 'warning',
      what: `${counted(openAnomalies.length, 'figure is', 'figures are')} outside the bounds`,
      why: `${counted(customers, 'customer is', 'customers are')} touched, first ${anomaly.customer}: ${anomaly.what}.`,
      address,
      command: COMMANDS.listAnomalies(period),
    });
  }
  return [...items, ...backfills.slice(0, 1).map((backfill) => ofBackfill(backfill, address))];
}

function ofBackfill({ id, status, failed }: UsageDecisions['backfills'][number], address: string): Attention {
  if (status === 'proposed') {
    return {
      tone: 'warning',
      what: `Backfill ${id} is proposed`,
      why: 'It reaches into a closed period: someone other than its author approves it.',
      address,
      command: COMMANDS.approveBackfill(id),
    };
  }
  return {
    tone: 'bad',
    what: `Backfill ${id} ended with failures`,
    why: `${counted(failed, 'cell', 'cells')} could not be read; what was read stands.`,
    address,
    command: COMMANDS.resumeBackfill(id),
  };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
