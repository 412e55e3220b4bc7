import type { DefinitionDetail, DefinitionSummary } from '../catalogue/definition-list.ts';
import { instant, shortDigest } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { indent, pairs, plain, table } from './terminal/table.ts';

export function definitionListText(definitions: readonly DefinitionSummary[], style: Style): string {
  if (definitions.length === 0) return 'Nothing is counted yet: daybook sources submit FILE.';
  return table(
    [
      { title: 'kind' },
      { title: 'name' },
      { title: 'state' },
      { title: 'from' },
      { title: 'to' },
      { title: 'definition' },
      { title: 'author' },
      { title: 'approver' },
    ],
    definitions.map((one) => [
      one.kind,
      one.version === null ? one.name : `${one.name}@${one.version}`,
      one.status === 'in_review' ? style.warning(one.status) : one.status,
      one.activeFrom ?? '',
      one.activeTo ?? '',
      one.definition === null ? 'from before reviews' : shortDigest(one.definition),
      one.author ?? '',
      one.approver ?? '',
    ]),
    style,
  );
}

export function definitionText(shown: DefinitionDetail, style: Style): string {
  const review =
    shown.approver === null || shown.approvedAt === null
      ? 'none yet'
      : `${shown.approver} on ${instant(shown.approvedAt)}: ${plain(shown.why ?? '')}`;
  const facts: (readonly [string, string])[] = [
    ['definition', shown.definition],
    ['state', shown.status],
    ['author', `${shown.author ?? ''} on ${instant(shown.submittedAt)}`],
    ['approval', review],
  ];
  if (shown.activeFrom !== null) facts.push(['in force', `from ${shown.activeFrom} to ${shown.activeTo ?? 'now on'}`]);
  const document = JSON.stringify(shown.document, null, 2).split('\n').map(plain).join('\n');
  return `${style.bold(`${shown.kind} ${shown.name}`)}\n${indent(pairs(facts, style), 2)}\n\n${document}`;
}
