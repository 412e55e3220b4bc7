import { z } from 'zod';

const inputsSchema = z.record(z.string(), z.string());
/** The names in a formula and their values, as they were kept with the charge. */
export function parseInputs(text: string): Readonly<Record<string, string>> {
  return inputsSchema.parse(JSON.parse(text));
}
