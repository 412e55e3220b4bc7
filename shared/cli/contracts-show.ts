import {
  type BillingMode,
  contractFind,
  contractListFiltered,
  modeChangeList,
  termCorrectionListOfContract,
} from '../database/queries.generated.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, plain, table } from './terminal/table.ts';

/** Contracts with their customers, modes and days. */
export async function listContracts(
  { database }: Session,
  { customer, mode }: { readonly customer?: string; readonly mode?: BillingMode },
): Promise<CommandOutcome> {
  const rows = await database.rows(contractListFiltered, { customer_id: customer ?? null, mode: mode ?? null });
  const contracts = rows.map((row) => ({
    contract: row.contract_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    mode: row.mode,
    status: row.status,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    legacyPlan: row.legacy_plan,
    usagePlan: row.usage_plan,
    overridden: row.overrides !== '{}',
  }));
  return {
    kind: 'done',
    value: { contracts },
    text: (style) => {
      if (contracts.length === 0) return 'No contracts match.';
      const columns = ['contract', 'customer', 'mode', 'status', 'in force', 'bills', 'beside it'].map((title) => ({
        title,
      }));
      const lines = contracts.map((each) => [
        each.contract,
        plain(each.customerName),
        each.mode,
        statusPaint(each.status, style),
        `${each.startsOn} – ${each.endsOn ?? 'open'}`,
        `${(each.mode === 'usage' ? each.usagePlan : each.legacyPlan) ?? ''}${each.mode === 'usage' && each.overridden ? ', overridden' : ''}`,
        each.mode === 'shadow' ? (each.usagePlan ?? '') : '',
      ]);
      return `${table(columns, lines, style)}\n\n${counted(contracts.length, 'contract')}`;
    },
  };
}

/** A contract with its changes of mode and what was corrected of it. */
export async function showContract({ database }: Session, contractId: string): Promise<CommandOutcome> {
  const row = await database.first(contractFind, { contract_id: contractId });
  if (!row)
    return refused(
      'not_found',
      `There is no contract ${contractId.slice(0, 100)}: daybook contracts list shows those that there are.`,
    );
  const changes = await database.rows(modeChangeList, { customer_id: row.customer_id });
  const corrections = await database.rows(termCorrectionListOfContract, { contract_id: contractId });
  const contract = {
    contract: row.contract_id,
    customer: row.customer_id,
    mode: row.mode,
    status: row.status,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    legacyPlanVersion: row.legacy_plan_version,
    usagePlanVersion: row.usage_plan_version,
    overrides: JSON.parse(row.overrides) as unknown,
    author: row.author,
    approver: row.approver,
  };
  return {
    kind: 'done',
    value: { ...contract, modeChanges: changes, corrections },
    text: (style) => contractText(row, changes, corrections, style),
  };
}

function contractText(
  row: NonNullable<(typeof contractFind)['row']>,
  changes: readonly NonNullable<(typeof modeChangeList)['row']>[],
  corrections: readonly NonNullable<(typeof termCorrectionListOfContract)['row']>[],
  style: Style,
): string {
  const facts = pairs(
    [
      ['customer', row.customer_id],
      ['mode', row.mode],
      ['status', statusPaint(row.status, style)],
      ['in force', `${row.starts_on} until ${row.ends_on ?? 'no end'}`],
      ['fixed tier', row.legacy_plan_version === null ? 'none' : shortDigest(row.legacy_plan_version)],
      ['usage plan', row.usage_plan_version === null ? 'none' : shortDigest(row.usage_plan_version)],
      ['overrides', row.overrides],
      ['author', `${row.author}, approved by ${row.approver ?? 'nobody yet'}`],
    ],
    style,
  );
  const moves = changes.map(
    (change) =>
      `${change.takes_effect_on}: ${change.from_mode} → ${change.to_mode}, ${statusPaint(change.status, style)} as ${change.next_contract_id}${change.undoes === null ? '' : `, takes ${change.undoes} back`}: ${plain(change.why)} (${change.author}, ${change.approver ?? 'undecided'})`,
  );
  const terms = corrections.map(
    (correction) =>
      `${correction.period} #${correction.number}: ${statusPaint(correction.status, style)}, overrides ${correction.overrides}: ${plain(correction.why)} (${correction.author}, ${correction.approver ?? 'undecided'})`,
  );
  return [
    style.bold(`Contract ${row.contract_id}`),
    facts,
    ...(moves.length === 0 ? [] : ['', style.bold('Changes of mode'), ...moves]),
    ...(terms.length === 0 ? [] : ['', style.bold('Corrected terms'), ...terms]),
  ].join('\n');
}
