import { digest } from '../canonical/canonical-json.ts';
import type { Reader } from '../database/database.ts';
import { breachListDisabledGuards, guardList, schemaMigrationFindLatest } from '../database/queries.generated.ts';
import { GUARDED_SCHEMA, GUARDS } from './guards.generated.ts';
import type { Breach } from './promises.ts';

/**
 * Promise 8: what guards the data is what the migrations made it. The list that it is compared with is part of the program
 * and not of the database, so that a trigger that was dropped, a function that was written anew, and a right that was
 * granted beside the migrations are found.
 */
export async function otherGuards(reader: Reader, most: number): Promise<readonly Breach[]> {
  const disabled = await reader.rows(breachListDisabledGuards, { most });
  const latest = (await reader.first(schemaMigrationFindLatest, {}))?.name ?? 'none';
  if (latest !== GUARDED_SCHEMA) {
    const what = `is the latest migration of the database, and this program was made for ${GUARDED_SCHEMA}: use the program of the deployed version`;
    return [{ place: `migration ${latest}`, what }, ...disabled].slice(0, most);
  }
  const found = new Map((await reader.rows(guardList, {})).map(({ guard, definition }) => [guard, definition]));
  const names = [...new Set([...Object.keys(GUARDS), ...found.keys()])].sort();
  const different = names.flatMap((guard): Breach[] => {
    const what = differenceOf(guard, found.get(guard));
    return what === undefined ? [] : [{ place: guard, what }];
  });
  return [...disabled, ...different].slice(0, most);
}

function differenceOf(guard: string, definition: string | undefined): string | undefined {
  if (definition === undefined) return 'is gone';
  const expected = GUARDS[guard];
  if (digest(definition) === expected) return undefined;
  const short = definition.length > 200 ? `${definition.slice(0, 200)}…` : definition;
  return expected === undefined
    ? `is no part of the migrations: ${short}`
    : `is not what the migrations made it: ${short}`;
}
