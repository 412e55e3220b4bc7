import type pg from 'pg';

/**
 * Writes the schema as a reviewer reads it: types, tables with their constraints and indexes, functions, triggers,
 * grants, all in a fixed order. Monthly partitions are left out: they come and go with the calendar.
 */
export async function schemaDump(client: pg.Client): Promise<string> {
  const sections = [
    await enums(client),
    await tables(client),
    await functions(client),
    await triggers(client),
    await policies(client),
    await grants(client),
  ];
  return `-- The schema after all migrations, dumped by "npm run generate" for reviewers. Do not edit.\n\n${sections.join('\n\n')}\n`;
}

async function list(client: pg.Client, sql: string): Promise<string[]> {
  const result = await client.query<{ line: string }>(sql);
  return result.rows.map((row) => row.line);
}

const OURS = `n.nspname = 'public' and not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')`;

async function enums(client: pg.Client): Promise<string> {
  const lines = await list(
    client,
    `select format('create type %s as enum (%s);', o.typname, string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) as line
     from pg_type o join pg_namespace n on n.oid = o.typnamespace join pg_enum e on e.enumtypid = o.oid
     where ${OURS} group by o.typname order by o.typname`,
  );
  return lines.join('\n');
}

async function tables(client: pg.Client): Promise<string> {
  const found = await client.query<{ oid: number; name: string; partitioned: string | null; secured: boolean }>(
    `select o.oid::int as oid, o.relname as name, case when o.relkind = 'p' then pg_get_partkeydef(o.oid) end as partitioned, o.relrowsecurity as secured
     from pg_class o join pg_namespace n on n.oid = o.relnamespace
     where ${OURS} and o.relkind in ('r', 'p') and o.relname !~ '_\\d{6}$' order by o.relname`,
  );
  const parts: string[] = [];
  for (const table of found.rows) parts.push(await oneTable(client, table));
  return parts.join('\n\n');
}

async function oneTable(
  client: pg.Client,
  table: { oid: number; name: string; partitioned: string | null; secured: boolean },
): Promise<string> {
  const columns = await list(
    client,
    `select format('  %s %s%s%s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end,
       case when attidentity = 'a' then ' generated always as identity' else '' end,
       case when attgenerated = 's' then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
         else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end) as line
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = ${table.oid} and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  );
  const constraints = await list(
    client,
    `select format('  constraint %s %s', conname, pg_get_constraintdef(oid)) as line from pg_constraint
     where conrelid = ${table.oid} and contype in ('p', 'u', 'f', 'c', 'x') order by contype desc, conname`,
  );
  const indexes = await list(
    client,
    `select pg_get_indexdef(i.indexrelid) || ';' as line from pg_index i
     where i.indrelid = ${table.oid} and not exists (select from pg_constraint c where c.conindid = i.indexrelid) order by 1`,
  );
  const end = table.partitioned ? `) partition by ${table.partitioned};` : ');';
  const secured = table.secured ? [`alter table ${table.name} enable row level security;`] : [];
  return [
    `create table ${table.name} (\n${[...columns, ...constraints].join(',\n')}\n${end}`,
    ...indexes,
    ...secured,
  ].join('\n');
}

async function functions(client: pg.Client): Promise<string> {
  const lines = await list(
    client,
    `select pg_get_functiondef(o.oid) || ';' as line from pg_proc o join pg_namespace n on n.oid = o.pronamespace
     where ${OURS} and o.prokind in ('f', 'p') order by o.proname, o.oid`,
  );
  return lines.map((line) => line.replace(/\n;$/, ';')).join('\n\n');
}

async function triggers(client: pg.Client): Promise<string> {
  const lines = await list(
    client,
    `select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and t.tgparentid = 0 order by c.relname, t.tgname`,
  );
  return lines.join('\n');
}

async function policies(client: pg.Client): Promise<string> {
  const lines = await list(
    client,
    `select format('create policy %s on %s for %s to %s using (%s);', policyname, tablename, cmd, array_to_string(roles, ', '), qual) as line
     from pg_policies where schemaname = 'public' order by tablename, policyname`,
  );
  return lines.length > 0 ? lines.join('\n') : '-- no row policies';
}

async function grants(client: pg.Client): Promise<string> {
  const lines = await list(
    client,
    `select format('grant %s on %s to %s;', string_agg(lower(privilege_type), ', ' order by privilege_type), table_name, grantee) as line
     from information_schema.role_table_grants
     where table_schema = 'public' and grantee like 'daybook\\_%' and table_name !~ '_\\d{6}$'
     group by table_name, grantee order by table_name, grantee`,
  );
  const ofColumns = await list(
    client,
    `select format('grant %s (%s) on %s to %s;', lower(a.privilege_type), string_agg(c.attname, ', ' order by c.attnum), o.relname, a.grantee::regrole) as line
     from pg_attribute c join pg_class o on o.oid = c.attrelid join pg_namespace n on n.oid = o.relnamespace
     cross join lateral aclexplode(c.attacl) a
     where n.nspname = 'public' and a.grantee <> 0 and o.relname !~ '_\\d{6}$'
     group by o.relname, a.grantee, a.privilege_type order by o.relname, a.grantee::regrole::text, a.privilege_type`,
  );
  return [...lines, ...ofColumns].join('\n');
}
