import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AMENDMENTS } from './amendments.ts';
import { DATA_SOURCES, RESOURCES } from './kinds.ts';
import type { Attribute, Block, ProviderSchema } from './schema.ts';

/**
 * Writes `google.json` from HashiCorp's published bindings of the Google provider (the npm package
 * `@cdktf/provider-google`, which is far too large to depend on): `node extract.ts FOLDER-OF-THE-UNPACKED-PACKAGE`.
 * What later versions of the provider added, and we use, is in `amendments.ts` with its source.
 */
const [, , folder] = process.argv;
if (folder === undefined) throw new Error('Name the folder of the unpacked package @cdktf/provider-google.');

const schema: ProviderSchema = {
  resources: Object.fromEntries(RESOURCES.map((kind) => [kind, amended(kind, blockOf(kind, folderOf(kind)))])),
  dataSources: Object.fromEntries(
    DATA_SOURCES.map((kind) => [kind, blockOf(kind, `data-${kind.replaceAll('_', '-')}`)]),
  ),
};
writeFileSync(join(import.meta.dirname, 'google.json'), `${JSON.stringify(schema, null, 1)}\n`);

function folderOf(kind: string): string {
  return kind.replace(/^google_/, '').replaceAll('_', '-');
}

function blockOf(kind: string, of: string): Block {
  const path = join(folder ?? '', 'lib', of);
  const bindings = {
    declarations: readFileSync(join(path, 'index.d.ts'), 'utf8'),
    code: readFileSync(join(path, 'index.js'), 'utf8'),
  };
  const name = /export declare class (\w+) extends cdktf\.Terraform(?:Resource|DataSource)/.exec(
    bindings.declarations,
  )?.[1];
  if (name === undefined) throw new Error(`${kind} has no class in ${path}`);
  const written = /synthesizeHclAttributes\(\) \{([\s\S]*?)\n {4}\}\n/.exec(bindings.code)?.[1] ?? '';
  return readBlock(bindings, `${name}Config`, name, written);
}

interface Bindings {
  readonly declarations: string;
  readonly code: string;
}

function readBlock(bindings: Bindings, interfaceName: string, className: string, written: string): Block {
  const optional = optionalities(bindings.declarations, interfaceName);
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, Block & { nesting: 'list' | 'set'; single: boolean; required: boolean }> = {};
  for (const [, name = '', value = '', isBlock, type = '', storage = ''] of written.matchAll(
    /\n {12}(?:"?(\w+)"?): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",/g,
  )) {
    const required = optional.get(name) === false;
    if (isBlock === 'false') {
      attributes[name] = { type: attributeType(type, storage), required, optional: !required, computed: !required };
      continue;
    }
    const converter = /(\w+)ToHclTerraform(?!\w)/.exec(value.replaceAll('cdktf.listMapperHcl', ''))?.[1] ?? '';
    const struct = converter.charAt(0).toUpperCase() + converter.slice(1);
    const body = new RegExp(`function ${converter}ToHclTerraform\\(struct\\) \\{([\\s\\S]*?)\\n\\}\\n`).exec(
      bindings.code,
    )?.[1];
    if (name === 'timeouts') continue;
    blocks[name] = {
      ...readBlock(
        bindings,
        struct,
        `${struct}OutputReference`,
        (body ?? '').replaceAll('\n        ', '\n            '),
      ),
      nesting: type === 'set' ? 'set' : 'list',
      single: !value.includes('listMapperHcl'),
      required,
    };
  }
  for (const [name, type] of computedOf(bindings.declarations, className)) {
    if (attributes[name] === undefined && blocks[name] === undefined)
      attributes[name] = { type, required: false, optional: false, computed: true };
  }
  return { attributes, blocks };
}

function attributeType(type: string, storage: string): string {
  const element = /^(string|number|boolean|any)/.exec(storage)?.[1] ?? 'string';
  const scalar = { string: 'string', number: 'number', boolean: 'bool', any: 'string' }[element] ?? 'string';
  if (type === 'list' || type === 'set' || type === 'map') return `${type}(${scalar})`;
  return scalar;
}

function optionalities(declarations: string, interfaceName: string): Map<string, boolean> {
  const body =
    new RegExp(`export interface ${interfaceName}(?: extends [\\w.]+)? \\{([\\s\\S]*?)\\n\\}`).exec(
      declarations,
    )?.[1] ?? '';
  return new Map(
    [...body.matchAll(/\n {4}readonly (\w+)(\??):/g)].map(([, name = '', mark]) => [snake(name), mark === '?']),
  );
}

/** What the provider tells beside what is configured: getters without a setter. */
function computedOf(declarations: string, className: string): [string, string][] {
  const body = new RegExp(`export declare class ${className} [\\s\\S]*?\\n\\}`).exec(declarations)?.[0] ?? '';
  const types: Record<string, string> = {
    string: 'string',
    number: 'number',
    'cdktf.IResolvable': 'bool',
    'string[]': 'list(string)',
    'cdktf.StringMap': 'map(string)',
  };
  return [...body.matchAll(/\n {4}get (\w+)\(\): ([\w.[\]]+);/g)].flatMap(([, name = '', type = '']) => {
    const known = types[type];
    if (known === undefined || /(Input|internalValue|fqn)$/.test(name)) return [];
    return [[snake(name), known] as [string, string]];
  });
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function amended(kind: string, block: Block): Block {
  for (const { path, attribute, block: added } of AMENDMENTS.filter((one) => one.kind === kind)) {
    const parents = path.slice(0, -1);
    const name = path.at(-1) ?? '';
    const parent = parents.reduce<Block>(
      (within, step) => within.blocks[step] ?? { attributes: {}, blocks: {} },
      block,
    );
    if (attribute !== undefined) parent.attributes[name] = attribute;
    if (added !== undefined) parent.blocks[name] = added;
  }
  return block;
}
