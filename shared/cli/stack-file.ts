import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** Where a running local stack says how to reach it: in its data directory, `.daybook` of the folder that it was started in. */
export function stackFilePath(directory: string, dataDirectory: string | undefined): string {
  return resolve(directory, dataDirectory || '.daybook', 'stack.json');
}

/** What a running local stack writes about itself. */
const stackSchema = z.object({
  databaseUrl: z.string().regex(/^postgres(ql)?:\/\//, 'must look like postgres://user@host:5432/database'),
  /** Who a command acts as when nobody is named. */
  principal: z.string().min(1).optional(),
  /** How far the stack's clock is ahead of the machine's, in milliseconds; negative behind. */
  clockOffsetMs: z.number().default(0),
  /** The endpoints of the stack, by the names of the environment variables that carry them. */
  environment: z.record(z.string(), z.string()).default({}),
});

type LocalStack = z.output<typeof stackSchema>;

export type StackReading =
  | { readonly kind: 'found'; readonly stack: LocalStack }
  | { readonly kind: 'none' }
  /** One sentence: what is wrong with the file and what to do. */
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the file of the local stack; there is none while none runs. */
export function readStackFile(path: string): StackReading {
  const text = readIfPresent(path);
  if (text === undefined) return { kind: 'none' };
  const json = parseJson(text);
  if (json === undefined) return refuse(path, 'it is not JSON');
  const parsed = stackSchema.safeParse(json);
  if (parsed.success) return { kind: 'found', stack: parsed.data };
  return refuse(
    path,
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`).join('; '),
  );
}

function refuse(path: string, what: string): StackReading {
  return {
    kind: 'refused',
    message: `${path} cannot be used: ${what}. Start the local stack again with "npm start": it writes the file anew.`,
  };
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
