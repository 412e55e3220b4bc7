import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from '@cdktf/hcl2json';

export const TERRAFORM = join(import.meta.dirname, '..', '..', 'terraform');

/** A block as hcl2json writes it: arguments by name, nested blocks as arrays, `dynamic` blocks under their own name. */
export type Body = Readonly<Record<string, unknown>>;

/** A resource, data source or module call with its place. */
export interface Element {
  /** Folder below terraform/: `.` for the root, `modules/events`. */
  readonly folder: string;
  /** `google_pubsub_topic.topic`, `data.google_project.project`, `module.events`. */
  readonly address: string;
  readonly body: Body;
}

/** Every .tf file below a folder, parsed; a file that cannot be parsed throws with its path. */
export async function readConfiguration(root = TERRAFORM): Promise<readonly Element[]> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.tf') && !file.includes('.terraform'),
  );
  const elements: Element[] = [];
  for (const file of files.sort()) {
    const folder = relative(root, join(root, file, '..')) || '.';
    elements.push(...elementsOf(folder, await parse(file, readFileSync(join(root, file), 'utf8'))));
  }
  return elements;
}

function elementsOf(folder: string, file: Body): Element[] {
  const two = (section: string, prefix: string) =>
    Object.entries(asBodies(file[section])).flatMap(([kind, byName]) =>
      Object.entries(asBodies(byName)).map(([name, bodies]) => element(`${prefix}${kind}.${name}`, bodies)),
    );
  const element = (address: string, bodies: unknown): Element => ({ folder, address, body: bodiesOf(bodies)[0] ?? {} });
  const modules = Object.entries(asBodies(file.module)).map(([name, bodies]) => element(`module.${name}`, bodies));
  return [...two('resource', ''), ...two('data', 'data.'), ...modules];
}

/** The blocks of one name: hcl2json writes each as a member of an array. */
export function bodiesOf(value: unknown): readonly Body[] {
  return Array.isArray(value) ? value.filter(isBody) : [];
}

export function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asBodies(value: unknown): Body {
  return isBody(value) ? value : {};
}
