import { HELP, readStart } from './demo/arguments.ts';
import { PersonError } from './stack/person-error.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

async function main(): Promise<number> {
  const read = readStart(process.argv.slice(2), process.env);
  switch (read.kind) {
    case 'help':
      process.stdout.write(HELP);
      return DONE;
    case 'refused':
      process.stderr.write(read.message);
      return WRONG_USAGE;
    case 'start':
      return (await import('./demo/main.ts')).start(read);
    default:
      return read satisfies never;
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(
    error instanceof PersonError
      ? `\n${error.message}\n`
      : `\nThe local cloud failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(FAILED);
}
