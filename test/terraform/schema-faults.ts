import { type Body, bodiesOf, type Element, isBody } from './configuration.ts';
import type { Block, ProviderSchema } from './provider-schema/schema.ts';

/** Arguments that Terraform itself takes in every resource. */
const OF_TERRAFORM = new Set(['count', 'for_each', 'provider', 'depends_on', 'lifecycle', 'dynamic', 'timeouts']);

/** What an element says that the provider does not know, and what the provider requires that it does not say. */
export function schemaFaults(schema: ProviderSchema, { folder, address, body }: Element): readonly string[] {
  if (address.startsWith('module.')) return [];
  const isData = address.startsWith('data.');
  const kind = address.split('.')[isData ? 1 : 0] ?? '';
  const block = (isData ? schema.dataSources : schema.resources)[kind];
  if (block === undefined) return [`${folder}: the schema of ${kind} is not kept; add it to kinds.ts and extract it`];
  return blockFaults(block, body, `${folder}: ${address}`);
}

function blockFaults(block: Block, body: Body, place: string): string[] {
  const dynamic = isBody(body.dynamic) ? body.dynamic : {};
  const given = [...Object.keys(body).filter((name) => !OF_TERRAFORM.has(name)), ...Object.keys(dynamic)];
  const unknown = given
    .filter((name) => block.attributes[name] === undefined && block.blocks[name] === undefined)
    .map((name) => `${place} has no argument ${name}`);
  const computed = given
    .filter((name) => block.attributes[name]?.computed && !block.attributes[name]?.optional)
    .map((name) => `${place} cannot be given ${name}: the provider computes it`);
  const required = [...Object.entries(block.attributes), ...Object.entries(block.blocks)]
    .filter(([name, one]) => one.required && !given.includes(name))
    .map(([name]) => `${place} lacks ${name}`);
  const nested = Object.entries(block.blocks).flatMap(([name, inner]) =>
    [...bodiesOf(body[name]), ...bodiesOf(dynamic[name]).flatMap(({ content }) => bodiesOf(content))].flatMap((one) =>
      blockFaults(inner, one, `${place}.${name}`),
    ),
  );
  return [...unknown, ...computed, ...required, ...nested];
}
