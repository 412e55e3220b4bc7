import type { Manifest } from '../manifest.ts';

/** The flow as a Mermaid flowchart: who fires what, which facts follow, who takes them. */
export function flowPicture(manifests: readonly Manifest[]): string {
  const lines = ['flowchart LR'];
  for (const manifest of manifests) lines.push(`  ${manifest.name}["${manifest.name}"]`);
  for (const manifest of manifests) lines.push(...triggerLines(manifest, manifests), ...partLines(manifest));
  for (const part of PARTS) {
    if (manifests.some((manifest) => partsOf(manifest).includes(part.name)))
      lines.push(`  ${part.name}[("${part.title}")]`);
  }
  return lines.join('\n');
}

const PARTS = [
  { name: 'prometheus', title: 'Prometheus' },
  { name: 'bigquery', title: 'BigQuery' },
  { name: 'stripe', title: 'Stripe' },
  { name: 'slack', title: 'Slack' },
] as const;

/** PostgreSQL is under everything and would cross every line of the picture. */
function partsOf(manifest: Manifest): readonly string[] {
  return manifest.uses.filter((part) => part !== 'postgres');
}

function triggerLines(manifest: Manifest, all: readonly Manifest[]): string[] {
  const { trigger } = manifest;
  switch (trigger.kind) {
    case 'schedule':
      return [
        `  scheduler(["Cloud Scheduler"]) -->|"${trigger.cron}${trigger.perRegion ? ', each region' : ''}"| ${manifest.name}`,
      ];
    case 'events':
      return trigger.topics.flatMap((topic) =>
        publishersOf(topic, all).map((publisher) => `  ${publisher} -->|${topic}| ${manifest.name}`),
      );
    case 'http':
      return trigger.caller === 'stripe'
        ? [`  stripe -->|webhooks| ${manifest.name}`]
        : [`  ${trigger.caller}(["${trigger.caller}"]) --> ${manifest.name}`];
    default:
      return trigger satisfies never;
  }
}

/**
 * Who makes a fact true. Retrying and sweeping publish others' facts again and would hide the main way; a fact that no
 * other function makes true is made by people.
 */
function publishersOf(topic: string, all: readonly Manifest[]): string[] {
  const makers = all.filter((manifest) => manifest.publishes.some((published) => published === topic));
  const main = makers.filter((manifest) => manifest.name !== 'sweep-outbox' && manifest.name !== 'retry-exceptions');
  return main.length > 0 ? main.map((manifest) => manifest.name) : ['finance(["finance signs the run off"])'];
}

function partLines(manifest: Manifest): string[] {
  return partsOf(manifest).map((part) =>
    part === 'prometheus' || part === 'bigquery' ? `  ${part} --> ${manifest.name}` : `  ${manifest.name} --> ${part}`,
  );
}
