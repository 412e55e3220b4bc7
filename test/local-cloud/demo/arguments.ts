import { parseArgs } from 'node:util';

export type StartArguments =
  | { readonly kind: 'start'; readonly once: boolean; readonly consolePort: number | null }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string };

export const HELP = `Usage: npm start [-- --once]

Starts Daybook's local cloud, bills a demo month, prints the invoices, and serves the console.

  --once   end after the summary: 0 when all is as it should be, 1 when something is not
  --help   this text

Environment:
  DAYBOOK_DATA_DIR   folder that keeps the data; .daybook when unset
  DAYBOOK_PORT       port of the console; 8080 or the next free one when unset
`;

/** Reads the command line and the environment of `npm start`. */
export function readStart(argv: readonly string[], environment: NodeJS.ProcessEnv): StartArguments {
  const port = readPort(environment.DAYBOOK_PORT);
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { once: { type: 'boolean' }, help: { type: 'boolean' } },
      strict: true,
    });
    if (values.help === true) return { kind: 'help' };
    if (port.kind === 'refused') return port;
    return { kind: 'start', once: values.once === true, consolePort: port.port };
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    return { kind: 'refused', message: `${message}.\n\n${HELP}` };
  }
}

function readPort(
  text: string | undefined,
): { readonly kind: 'port'; readonly port: number | null } | Extract<StartArguments, { kind: 'refused' }> {
  if (text === undefined || text === '') return { kind: 'port', port: null };
  const port = /^\d{1,5}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (port >= 1 && port <= 65_535) return { kind: 'port', port };
  return {
    kind: 'refused',
    message: `DAYBOOK_PORT is "${text.slice(0, 40)}": write a port from 1 to 65535, or unset it to take any free one.\n`,
  };
}
