/**
 * How much of a long proof a run takes: its everyday size in `npm test`, its whole size in `npm run test:thorough`.
 * The guarantee is the same; only the number of rows, seconds or repetitions differs.
 */
export function scaled(everyday: number, thorough: number): number {
  return isThorough ? thorough : everyday;
}

const isThorough = process.env.DAYBOOK_THOROUGH === '1';
