import { html } from 'hono/html';
import { z } from 'zod';
import type { Html } from './page.ts';
import { facts } from './parts.ts';

const evidenceSchema = z.object({
  queries: z.array(z.object({ text: z.string(), parameters: z.record(z.string(), z.string()) })),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});
/** What a reading kept beside its figures. */
type Evidence = z.infer<typeof evidenceSchema>;
type SentQuery = { readonly text: string; readonly parameters: Readonly<Record<string, string>> };

/** Evidence as it was kept; undefined when it is not in the form that readings have. */
export function parseEvidence(text: string | null): Evidence | undefined {
  if (text === null) return undefined;
  try {
    return evidenceSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What the source showed beside its figures. */
export function evidenceFacts(evidence: Evidence): Html {
  const entries = Object.entries(evidence.facts);
  if (entries.length === 0) return html`<p class="muted">The source showed nothing beside its figures.</p>`;
  return facts(
    entries.map(([name, value]) => [spaced(name), Array.isArray(value) ? value.join(', ') || 'none' : String(value)]),
  );
}

/** The texts that were sent, with what was bound to them. */
export function queryTexts(queries: readonly SentQuery[]): Html {
  if (queries.length === 0) return html`<p class="muted">No query was recorded.</p>`;
  return html`${queries.map(
    ({ text, parameters }) =>
      html`<pre class="query"><code>${text}</code></pre>${
        Object.keys(parameters).length === 0
          ? ''
          : facts(Object.entries(parameters).map(([name, value]) => [name, html`<code>${value}</code>`]))
      }`,
  )}`;
}

/** `seriesCount` → `series count`. */
function spaced(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
