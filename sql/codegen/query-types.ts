import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

/** A query file as read: `:name` is a parameter, `:name?` one that may be null; an alias that ends in ! or ? states nullability. */
interface QueryFile {
  readonly name: string;
  readonly comment: string;
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly nullable: boolean }[];
}

interface Column {
  readonly name: string;
  readonly nullable: boolean;
  readonly type: string;
}

/** Reads every query file, lets the server describe it, and writes one typed constant for each. */
export async function queryTypes(client: pg.Client, folder: string): Promise<string> {
  const catalog = await readCatalog(client);
  const parts: string[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const query = readQuery(file, readFileSync(join(folder, file), 'utf8'));
    const described = await describe(client, query, file);
    parts.push(render(query, described, catalog, file));
  }
  const enums = [...catalog.enums.values()].map(
    (e) => `export type ${pascal(e.name)} = ${e.labels.map((l) => `'${l}'`).join(' | ')};`,
  );
  return `// Generated from sql/queries by "npm run generate", with types as the database describes them. Do not edit.
import type { Query } from './query.ts';

${enums.sort().join('\n')}

${parts.join('\n\n')}
`;
}

function readQuery(file: string, source: string): QueryFile {
  const lines = source.split('\n');
  const comment = lines.filter((line) => line.startsWith('--')).map((line) => line.slice(2).trim());
  if (comment.length === 0)
    throw new Error(`sql/queries/${file}: say in a comment above the statement what it guarantees.`);
  const parameters: { name: string; nullable: boolean }[] = [];
  const body = lines
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .trim()
    .replace(/;$/, '');
  const text = body.replace(/(?<![:\w'])(?::)([a-z][a-z0-9_]*)(\?)?/g, (_all, name: string, nullable?: string) => {
    let index = parameters.findIndex((p) => p.name === name);
    if (index < 0) index = parameters.push({ name, nullable: nullable !== undefined }) - 1;
    return `$${index + 1}`;
  });
  return { name: camel(file.replace(/\.sql$/, '')), comment: comment.join('\n * '), text, parameters };
}

const NULLABILITY_MARK = /"([a-z0-9_]+)[!?]"/g;

interface Described {
  readonly parameterOids: readonly number[];
  readonly fields: readonly {
    readonly name: string;
    readonly tableID: number;
    readonly columnID: number;
    readonly dataTypeID: number;
  }[];
}

/** Prepares the statement and lets the server describe it: the types are known without running anything. */
async function describe(client: pg.Client, query: QueryFile, file: string): Promise<Described> {
  const text = query.text.replace(NULLABILITY_MARK, '"$1"');
  try {
    await client.query(`prepare described as ${text}`);
    const prepared = await client.query<{ oids: number[] }>(
      'select parameter_types::oid[]::int[] as oids from pg_prepared_statements where name = $1',
      ['described'],
    );
    const fields = await describeFields(client);
    await client.query('deallocate described');
    return { parameterOids: prepared.rows[0]?.oids ?? [], fields };
  } catch (error) {
    throw new Error(`sql/queries/${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A Describe message of the protocol, sent through pg's interface for queries of one's own. */
function describeFields(client: pg.Client): Promise<Described['fields']> {
  return new Promise((resolve, reject) => {
    let fields: Described['fields'] = [];
    const submittable = {
      submit(connection: { describe(message: { type: 'S'; name: string }): void; sync(): void }) {
        connection.describe({ type: 'S', name: 'described' });
        connection.sync();
      },
      handleRowDescription(message: { fields: Described['fields'] }) {
        fields = message.fields;
      },
      handleError: (error: Error) => reject(error),
      handleReadyForQuery: () => resolve(fields),
    };
    client.query(submittable as unknown as pg.Submittable);
  });
}

interface Catalog {
  readonly types: ReadonlyMap<number, { readonly name: string; readonly elementOid: number }>;
  readonly enums: ReadonlyMap<number, { readonly name: string; readonly labels: readonly string[] }>;
  readonly required: ReadonlySet<string>;
}

async function readCatalog(client: pg.Client): Promise<Catalog> {
  const types = await client.query<{ oid: number; typname: string; element: number }>(
    'select oid::int as oid, typname, case when typcategory = $1 then typelem::int else 0 end as element from pg_type',
    ['A'],
  );
  const enums = await client.query<{ oid: number; name: string; labels: string[] }>(
    'select t.oid::int as oid, t.typname as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels from pg_type t join pg_enum e on e.enumtypid = t.oid group by 1, 2',
  );
  const columns = await client.query<{ key: string }>(
    'select attrelid::int || $1 || attnum as key from pg_attribute where attnotnull and attnum > 0',
    ['.'],
  );
  return {
    types: new Map(types.rows.map((row) => [row.oid, { name: row.typname, elementOid: row.element }])),
    enums: new Map(enums.rows.map((row) => [row.oid, row])),
    required: new Set(columns.rows.map((row) => row.key)),
  };
}

const RESULT_TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'bigint',
  numeric: 'string',
  text: 'string',
  name: 'string',
  uuid: 'string',
  date: 'string',
  timestamptz: 'Date',
  jsonb: 'unknown',
  bytea: 'Buffer',
  void: 'unknown',
};

function typeOf(oid: number, catalog: Catalog, where: string, direction: 'in' | 'out'): string {
  const found = catalog.types.get(oid);
  const known = catalog.enums.get(oid);
  if (known) return pascal(known.name);
  if (found && found.elementOid !== 0) {
    const element = typeOf(found.elementOid, catalog, where, direction);
    return `readonly ${element.includes('|') ? `(${element})` : element}[]`;
  }
  // JSON goes in as text: its bytes are ours to decide.
  if (found?.name === 'jsonb' && direction === 'in') return 'string';
  const type = found && RESULT_TYPES[found.name];
  if (!type)
    throw new Error(
      `${where}: type ${found?.name ?? oid} has no TypeScript type: cast it to one of ${Object.keys(RESULT_TYPES).join(', ')}`,
    );
  return type;
}

function render(query: QueryFile, described: Described, catalog: Catalog, file: string): string {
  const parameters: Column[] = query.parameters.map((parameter, index) => {
    const type = typeOf(
      described.parameterOids[index] ?? 0,
      catalog,
      `sql/queries/${file} parameter ${parameter.name}`,
      'in',
    );
    const element = /^readonly \(?([^)]+?)\)?\[\]$/.exec(type)?.[1];
    // A list is always given; what may be null are its members.
    if (element && parameter.nullable)
      return { name: parameter.name, nullable: false, type: `readonly (${element} | null)[]` };
    return { ...parameter, type };
  });
  const columns: Column[] = described.fields.map((field) => {
    const marked = new RegExp(`"${field.name}([!?])"`).exec(query.text)?.[1];
    const required = marked ? marked === '!' : catalog.required.has(`${field.tableID}.${field.columnID}`);
    return {
      name: field.name,
      nullable: !required,
      type: typeOf(field.dataTypeID, catalog, `sql/queries/${file} column ${field.name}`, 'out'),
    };
  });
  const text = query.text.replace(NULLABILITY_MARK, '"$1"').replace(/[\\`]|\$\{/g, '\\$&');
  return `/**
 * ${query.comment}
 */
export const ${query.name}: Query<${shape(parameters)}, ${shape(columns)}> = {
  name: '${file.replace(/\.sql$/, '')}',
  parameters: [${query.parameters.map((p) => `'${p.name}'`).join(', ')}],
  text: \`${text}\`,
};`;
}

function shape(columns: readonly Column[]): string {
  if (columns.length === 0) return 'Record<never, never>';
  return `{ ${columns.map((c) => `readonly ${c.name}: ${c.type}${c.nullable ? ' | null' : ''}`).join('; ')} }`;
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

function pascal(name: string): string {
  return camel(`_${name}`);
}
