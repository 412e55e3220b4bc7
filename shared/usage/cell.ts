import { parseUtcDay, type UtcDay } from '../calendar/utc-day.ts';

/** One square of the completeness matrix: what one source says of one region on one UTC day. */
export interface Cell {
  readonly region: string;
  readonly source: string;
  readonly day: UtcDay;
}

/** A cell as people and exceptions name it: `europe-west1/requests/2026-10-14`. */
export function cellName(cell: Cell): string {
  return `${cell.region}/${cell.source}/${cell.day}`;
}

/** A checkpoint as people name it: `europe-west1/requests/2026-10-14@2`. */
export function checkpointName(cell: Cell, revision: number): string {
  return `${cellName(cell)}@${revision}`;
}

/** The inverse of {@link cellName}; undefined when the text is not one. */
export function parseCellName(text: string): Cell | undefined {
  const [region, source, day, ...rest] = text.split('/');
  const parsedDay = parseUtcDay(day ?? '');
  if (!region || !source || !parsedDay || rest.length > 0) return undefined;
  return { region, source, day: parsedDay };
}
