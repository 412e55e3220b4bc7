/** A statement of a migration that the version which runs beside it may not survive. */
export interface UnsafeStatement {
  readonly rule: string;
  /** Why, and what to do instead. */
  readonly advice: string;
  /** The statement's beginning, on one line. */
  readonly statement: string;
}

export interface SqlStatement {
  /** Without comments, on one line, in lower case. */
  readonly code: string;
  readonly comments: readonly string[];
}

/** A comment above or inside a statement that takes the risk on: `-- reviewed: nobody reads this column since 0031`. */
const REVIEWED = /^--\s*reviewed:\s*\S.{9,}/;

interface Rule {
  readonly rule: string;
  readonly advice: string;
  readonly matches: (code: string, created: ReadonlySet<string>) => boolean;
}

const NAME = '(?:if exists |only )*(?:public\\.)?"?(\\w+)"?';

/** Whether the statement is about a table that this very migration makes: nobody else knows it yet. */
function isOnNewTable(code: string, created: ReadonlySet<string>): boolean {
  const table = new RegExp(`^alter table ${NAME}`).exec(code)?.[1] ?? new RegExp(` on ${NAME}`).exec(code)?.[1];
  return table !== undefined && created.has(table);
}

const onOld =
  (pattern: RegExp) =>
  (code: string, created: ReadonlySet<string>): boolean =>
    pattern.test(code) && !isOnNewTable(code, created);

/** In the order in which they are told. */
const RULES: readonly Rule[] = [
  {
    rule: 'drops_what_is_read',
    advice: 'the running version still reads or writes it: stop using it in one release, drop it in the next',
    matches: onOld(
      /^drop (table|view|materialized view|type|function|schema|sequence)\b|^alter table .*\bdrop column\b/,
    ),
  },
  {
    rule: 'renames',
    advice: 'the running version knows the old name: add the new one, write both, move the readers, drop the old one',
    matches: onOld(/^alter (table|type|view|function|sequence|index) .*\brename\b/),
  },
  {
    rule: 'requires_a_new_column',
    advice: 'the running version inserts without it: give it a default, or let it be null and require it later',
    matches: onOld(/^alter table .*\badd column (?:(?!,\s*add ).)*\bnot null\b(?!.*\b(default|generated)\b)/),
  },
  {
    rule: 'requires_what_was_optional',
    advice: 'the whole table is read under a lock: add a check as "not valid", validate it, then set it',
    matches: onOld(/^alter table .*\balter column \S+ set not null\b/),
  },
  {
    rule: 'changes_a_type',
    advice: 'the table may be written anew under a lock, and the running version sends the old type: add a column',
    matches: onOld(/^alter table .*\balter column \S+ (set data )?type\b/),
  },
  {
    rule: 'blocks_writers_with_an_index',
    advice:
      'write it as "create index concurrently if not exists" in a file of its own that begins with "-- outside a transaction"',
    matches: onOld(/^create (unique )?index (?!concurrently)/),
  },
  {
    rule: 'checks_every_row',
    advice:
      'add the constraint as "not valid" and validate it in the next migration; a unique one by an index made concurrently',
    matches: onOld(
      /^alter table .*\badd (constraint \S+ )?(check|foreign key|unique|exclude|primary key)\b(?!.*\b(not valid|using index)\b)/,
    ),
  },
  {
    rule: 'changes_every_row',
    advice: 'every row is locked to the end: fill in batches from a command, not in a migration',
    matches: (code) => /^(update|delete from)\b/.test(code) && !/\bwhere\b/.test(code),
  },
  {
    rule: 'locks_a_table',
    advice: 'nobody can work meanwhile',
    matches: (code) => /^(truncate|lock table|cluster|vacuum full|reindex(?!.*concurrently))\b/.test(code),
  },
  {
    rule: 'takes_a_right_away',
    advice: 'the running version may still need it: revoke it in the release after the one that stops needing it',
    matches: (code) => /^revoke\b.*\bfrom daybook_/.test(code),
  },
];

/** The statements of a migration that break the rule of sql/README.md, but for those that a reviewed comment takes on. */
export function unsafeStatements(text: string): readonly UnsafeStatement[] {
  const statements = statementsOf(text);
  const created = new Set(
    statements.flatMap(
      ({ code }) => new RegExp(`^create (?:unlogged )?table (?:if not exists )?${NAME}`).exec(code)?.[1] ?? [],
    ),
  );
  return statements
    .filter(({ comments }) => !comments.some((comment) => REVIEWED.test(comment)))
    .flatMap(({ code }) =>
      RULES.filter(({ matches }) => matches(code, created)).map(({ rule, advice }) => ({
        rule,
        advice,
        statement: code.slice(0, 100),
      })),
    );
}

/** Cuts SQL at its semicolons, minding quotes, dollar quotes and comments; bodies of functions stay in one piece. */
export function statementsOf(text: string): readonly SqlStatement[] {
  const token = /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|[^;$'"/-]+|[\s\S]/g;
  const statements: SqlStatement[] = [];
  let code = '';
  let comments: string[] = [];
  const end = () => {
    const written = code.replace(/\s+/g, ' ').trim().toLowerCase();
    if (written !== '') statements.push({ code: written, comments });
    code = '';
    comments = [];
  };
  for (const [piece] of text.matchAll(token)) {
    if (piece === ';') end();
    else if (piece.startsWith('--') || piece.startsWith('/*')) comments.push(piece);
    else if (/^\$\w*\$./s.test(piece)) code += '$$ … $$';
    else code += piece;
  }
  end();
  return statements;
}
