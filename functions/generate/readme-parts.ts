import { VARIABLES } from '../../shared/configuration/configuration.ts';
import type { Manifest } from '../manifest.ts';
import { flowPicture } from './flow-picture.ts';

/** Puts the generated parts between their markers. Throws when a marker is missing. */
export function fillReadme(readme: string, manifests: readonly Manifest[]): string {
  const parts = {
    flow: `\`\`\`mermaid\n${flowPicture(manifests)}\n\`\`\``,
    functions: functionTable(manifests),
    configuration: configurationTable(),
  };
  return Object.entries(parts).reduce((text, [name, part]) => fill(text, name, part), readme);
}

/** Replaces what stands between the part's markers. */
export function fill(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`There is no place for the generated part "${name}": put ${begin} and ${end} around it`);
  return `${text.slice(0, from)}${begin}\n${part}\n${text.slice(to)}`;
}

function functionTable(manifests: readonly Manifest[]): string {
  const rows = manifests.map((manifest) => `| \`${manifest.name}\` | ${firedBy(manifest)} | ${manifest.purpose} |`);
  return ['| function | fired by | what it does |', '|---|---|---|', ...rows].join('\n');
}

function firedBy({ trigger }: Manifest): string {
  switch (trigger.kind) {
    case 'schedule':
      return `\`${trigger.cron}\` UTC${trigger.perRegion ? ', each region' : ''}`;
    case 'events':
      return [...trigger.topics.map((topic) => `\`${topic}\``), ...(trigger.deadLetters ? ['dead letters'] : [])].join(
        ', ',
      );
    case 'http':
      return trigger.caller;
    default:
      return trigger satisfies never;
  }
}

function configurationTable(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]) => {
    const unset = variable.schema.safeParse(undefined);
    const fallback = unset.success ? (unset.data === undefined ? 'unset' : `\`${unset.data}\``) : '**required**';
    return `| \`${name}\` | ${variable.purpose} | ${fallback} |`;
  });
  return ['| variable | purpose | default |', '|---|---|---|', ...rows].join('\n');
}
