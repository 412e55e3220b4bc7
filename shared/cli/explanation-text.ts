import type {
  CarriedExplanation,
  InvoiceExplanation,
  LineExplanation,
  MetricExplanation,
  RateExplanation,
  RetentionExplanation,
  ShadowExplanation,
  ValueExplanation,
} from '../billing/explanation.ts';
import { metricBranch } from './explanation-usage-text.ts';
import { compared, type ExplanationView } from './explanation-view.ts';
import { figure, grouped, money, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, plain } from './terminal/table.ts';
import { type Branch, tree } from './terminal/tree.ts';

/** An invoice's explanation for people: a tree for each line. Long lists are folded unless `full`. */
export function explanationText(
  explanation: InvoiceExplanation,
  { full }: { readonly full: boolean },
  style: Style,
): string {
  const checkpoints = new Map(explanation.checkpoints.map((checkpoint) => [checkpoint.name, checkpoint]));
  const view: ExplanationView = { style, full, currency: explanation.currency, checkpoints };
  const trees = explanation.lines.map((line) => tree(lineBranch(line, view), style));
  const carried = explanation.carried.map((each) => tree(carriedBranch(each, view), style));
  const parts = [
    head(explanation, style),
    ...trees,
    ...carried,
    ...tail(explanation, style),
    verdict(explanation, style),
  ];
  return parts.join('\n\n');
}

function head(explanation: InvoiceExplanation, style: Style): string {
  const { documentDigest, documentMatches, holdReason } = explanation;
  const [same, other] =
    explanation.retention === null
      ? ['rated anew: the same bytes', 'rated anew: other bytes']
      : ['fits its digest and the charges', 'does not fit its digest or the charges'];
  const anew = documentMatches ? style.good(same) : style.bad(other);
  const facts: [string, string][] = [
    ['customer', `${plain(explanation.customerName)} (${explanation.customer})`],
    ['period', `${explanation.period}, run ${explanation.run}, token ${explanation.fencingToken}`],
    ['status', statusPaint(explanation.status, style)],
    ['document', `${shortDigest(documentDigest)}  ${holdReason === null ? anew : ''}`],
  ];
  if (explanation.retention !== null) facts.push(['usage rows', retentionText(explanation.retention, style)]);
  if (holdReason !== null) facts.push(['held', style.warning(plain(holdReason))]);
  const total = money(BigInt(explanation.totalMinor), explanation.currency);
  return `${style.bold(`Invoice ${explanation.invoice}: ${total}`)}\n${pairs(facts, style)}`;
}

/** What stands in for rows that were dropped. */
function retentionText(retention: RetentionExplanation, style: Style): string {
  const { status, goneAt, rows, digest, auditSequence, matches } = retention;
  const since = `${status === 'dropped' ? 'dropped' : 'detached, to be dropped,'} on ${goneAt.slice(0, 10)} after the time of retention`;
  const kept = `${grouped(rows)} rows of the month, digest ${shortDigest(digest)}`;
  if (auditSequence === null) return `${since}; sealed were ${kept}`;
  const entry = `kept in audit entry ${auditSequence}: ${kept}`;
  const verdict = matches
    ? style.good('its checkpoints, totals and digests verify')
    : style.bad('its checkpoints, totals or digests differ');
  return `${since}; ${entry}; ${verdict}`;
}

function lineBranch(line: LineExplanation, view: ExplanationView): Branch {
  const { style, currency } = view;
  const amount = money(BigInt(line.amountMinor), currency);
  const project = line.project === null ? '' : `, project ${plain(line.project)}`;
  const metrics = line.values.filter((value): value is MetricExplanation => value.kind === 'metric');
  const others = line.values.filter((value) => value.kind !== 'metric');
  return {
    text: `${style.bold(line.key)}  ${line.label}${project}  ${style.bold(amount)}`,
    branches: [
      {
        text: `formula  ${line.formula.text}`,
        branches: [
          {
            text: `gives ${figure(line.exact.billed)} ${currency} exactly  ${compared(line.exact, 'computed anew', style)}`,
          },
          { text: `rounded once, half away from zero: ${amount}  ${compared(line.rounding, 'rounded anew', style)}` },
        ],
      },
      { text: `plan  ${line.plan.title} (${line.plan.plan}), version ${shortDigest(line.plan.version)}` },
      {
        text: `contract  ${line.contract.contract} (${line.contract.mode} mode), days ${line.segment.from} until ${line.segment.to}`,
      },
      ...others.map((value) => ({ text: valueText(value) })),
      ...line.rates.map((rate) => rateBranch(rate, currency)),
      ...(line.parts.length === 0 ? [] : [partsBranch(line, currency)]),
      ...metrics.map((metric) => metricBranch(metric, view)),
      ...(metrics.length === 0 ? [{ text: 'usage  none: no metric is in the formula' }] : []),
    ],
  };
}

function carriedBranch(carried: CarriedExplanation, { style, currency }: ExplanationView): Branch {
  const amount = (minor: string) => money(BigInt(minor), currency);
  return {
    text: `${style.bold(carried.adjustment)}  correction of ${carried.corrects.join(', ')}  ${style.bold(amount(carried.totalMinor))}`,
    branches: [
      ...carried.lines.map((line) => ({
        text: `${plain(line.label)}: billed ${figure(line.billed)}, right is ${figure(line.corrected)}  ${amount(line.amountMinor)}  (line ${line.line} of ${line.invoice})`,
      })),
      ...(carried.creditedMinor === '0'
        ? []
        : [{ text: `given back as a credit, so that nothing is negative: ${amount(carried.creditedMinor)}` }]),
      { text: `all of it: daybook adjustments show ${carried.adjustment}` },
    ],
  };
}

function valueText(value: Exclude<ValueExplanation, MetricExplanation>): string {
  switch (value.kind) {
    case 'parameter': {
      const origin =
        value.source === 'contract'
          ? ` by the contract, in place of ${grouped(value.planValue)} of the plan`
          : ' by the plan';
      return `${value.name} = ${figure(value.value)} ${value.unit}${origin}`;
    }
    case 'builtin':
      return `${value.name} = ${figure(value.value)}, ${value.statement}`;
    default:
      return value satisfies never;
  }
}

function rateBranch({ name, rate, source }: RateExplanation, currency: string): Branch {
  const unit = currency.toUpperCase();
  return {
    text: `rate ${name} per ${rate.per}, by the ${source}`,
    branches: rate.tiers.map(({ upTo, unitPrice, flat }) => {
      const reach = upTo === null ? 'above that' : `up to ${grouped(upTo)}`;
      return {
        text: `${reach}: ${grouped(unitPrice)} ${unit} each${flat === undefined ? '' : ` and ${grouped(flat)} ${unit}`}`,
      };
    }),
  };
}

function partsBranch(line: LineExplanation, currency: string): Branch {
  return {
    text: `parts  their amounts add up to the line's`,
    branches: line.parts.map((part) => {
      const quantity = part.quantity === null ? '' : `${figure(part.quantity)}`;
      const price = part.unitPrice === null ? '' : ` × ${figure(part.unitPrice)}`;
      const flat = part.flat === null || part.flat === '0' ? '' : ` + ${figure(part.flat)}`;
      return { text: `${part.label}: ${quantity}${price}${flat} = ${money(BigInt(part.amountMinor), currency)}` };
    }),
  };
}

function tail(explanation: InvoiceExplanation, style: Style): string[] {
  const parts: string[] = [];
  if (explanation.correctedBy.length > 0) {
    const branches = explanation.correctedBy.map(({ adjustment, status, totalMinor, invoice }) => ({
      text: `${adjustment}: ${money(BigInt(totalMinor), explanation.currency)}, ${statusPaint(status, style)}${invoice === null ? '' : ` on ${invoice}`}`,
    }));
    parts.push(tree({ text: style.bold('Corrected since'), branches }, style));
  }
  if (explanation.exclusions.length > 0) {
    const branches = explanation.exclusions.map(({ metric, rows, quantity, reason }) => {
      return {
        text: `${metric}: ${counted(rows, 'row')}, ${figure(quantity)} in the source's unit: ${reason.replaceAll('_', ' ')}`,
      };
    });
    parts.push(tree({ text: style.bold('Usage in no line'), branches }, style));
  }
  if (explanation.shadow !== null) parts.push(shadowText(explanation.shadow, explanation.currency, style));
  if (explanation.waivers.length > 0) {
    const branches = explanation.waivers.map(({ region, source, day, author, approver, why }) => {
      return { text: `${region}/${source}/${day}: ${plain(why)} (${author}, approved by ${approver})` };
    });
    parts.push(tree({ text: style.bold('Billed without a figure, by waiver'), branches }, style));
  }
  return parts;
}

function shadowText({ totalMinor, lines }: ShadowExplanation, currency: string, style: Style): string {
  const branches = lines.map(({ key, label, project, formula, amountMinor, exact }) => ({
    text: `${key}  ${label}${project === null ? '' : `, project ${plain(project)}`}  ${money(BigInt(amountMinor), currency)}  ${formula}  ${compared(exact, 'computed anew', style)}`,
  }));
  return tree(
    {
      text: `${style.bold('Rated beside the bill, by the usage plan')}  ${money(BigInt(totalMinor), currency)}`,
      branches,
    },
    style,
  );
}

function verdict({ matches, lines, checkpoints, retention }: InvoiceExplanation, style: Style): string {
  const rests = `${counted(lines.length, 'line')} on ${counted(checkpoints.length, 'checkpoint')}`;
  const basis = retention === null ? '' : ', from the quantities that the invoice keeps,';
  if (matches)
    return `${style.good('matches')}: ${rests}; everything that was computed anew${basis} is what was billed`;
  return `${style.bad('differs')}: ${rests}; what was computed anew is not what was billed. Do not correct it by hand: the figures in red say where.`;
}
