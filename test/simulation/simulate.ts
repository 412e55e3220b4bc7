import { parseArgs } from 'node:util';
import {
  anyDisturbance,
  argumentsOf,
  type Disturbance,
  everyCrash,
  KINDS,
  parseStrike,
  parseStripeFault,
  STRIPE_FAULT_NAMES,
  UNDISTURBED,
} from './disturbance.ts';
import { type Month, runMonth } from './month.ts';
import { Chance } from './random.ts';
import { faultsOf, type Undisturbed } from './run-months.ts';
import { openServer, openSetting, type Setting } from './setting.ts';
import { STORY_NAMES, type Story } from './steps.ts';

const HELP = `npm run simulate -- [options]

Simulates a small month on a real PostgreSQL under crashes, failures and disorder, and checks that it comes to the same
end as the undisturbed one.

  --story NAME        ${STORY_NAMES.join(' or ')} (default life): until the invoices are out, or with what comes after them
  --months N          months of each kind of disturbance (default 20): ${KINDS.join(', ')}
  --seed N            where chance begins (default 1)
  --full              a crash at every effect of the month, before and after it, one month each
  --every N           with --full: at every Nth of these places only
  --lanes N           months at a time (default 2)

One month alone, under exactly what is named:
  --crash N:SIDE      the process ends before or after effect N; repeat for more
  --fail N:SIDE       effect N throws and the process goes on
  --conflict N        PostgreSQL answers statement N with a serialization failure
  --stripe NAME@CALL  a fault at Stripe's nth write, or read with NAME@GET:CALL: ${STRIPE_FAULT_NAMES.join(', ')}
  --permute           messages come in any order, doubled and late; schedules fire twice
  --trace             lists the effects with their numbers
`;

const OPTIONS = {
  story: { type: 'string', default: 'life' },
  months: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
  lanes: { type: 'string', default: '2' },
  full: { type: 'boolean', default: false },
  every: { type: 'string', default: '1' },
  crash: { type: 'string', multiple: true },
  fail: { type: 'string', multiple: true },
  conflict: { type: 'string', multiple: true },
  stripe: { type: 'string', multiple: true },
  permute: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const readOptions = () => parseArgs({ options: OPTIONS }).values;
type Options = ReturnType<typeof readOptions>;

interface Task {
  readonly seed: number;
  readonly disturbance: Disturbance;
}

function write(text: string): void {
  process.stdout.write(text);
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}"`);
  return Number.parseInt(text, 10);
}

function storyOf(text: string): Story {
  const story = STORY_NAMES.find((name) => name === text);
  if (story === undefined) throw new RangeError(`--story is one of ${STORY_NAMES.join(', ')}, not "${text}"`);
  return story;
}

/** The disturbance that the options name one by one; undefined when they name none. */
function namedDisturbance(options: Options): Disturbance | undefined {
  const strikes = [
    ...(options.crash ?? []).map((text) => parseStrike('crash', text)),
    ...(options.fail ?? []).map((text) => parseStrike('fail', text)),
    ...(options.conflict ?? []).map((text) => parseStrike('conflict', text)),
  ];
  const disturbance = { strikes, permute: options.permute, stripe: (options.stripe ?? []).map(parseStripeFault) };
  const isNamed = strikes.length > 0 || disturbance.permute || disturbance.stripe.length > 0;
  return isNamed ? disturbance : undefined;
}

function tasksOf(options: Options, named: Disturbance | undefined, undisturbed: Undisturbed): readonly Task[] {
  const seed = wholeNumber('seed', options.seed);
  if (named !== undefined) return [{ seed, disturbance: named }];
  const { trace } = undisturbed.month;
  if (options.full) {
    const every = wholeNumber('every', options.every);
    return everyCrash(trace).flatMap((disturbance, place) => (place % every === 0 ? [{ seed, disturbance }] : []));
  }
  const months = wholeNumber('months', options.months);
  return Array.from({ length: months }, (_, index) => seed + index).flatMap((each) =>
    KINDS.map((kind, place) => ({
      seed: each,
      disturbance: anyDisturbance(kind, new Chance(each * KINDS.length + place), trace.length),
    })),
  );
}

/** Runs the tasks some at a time, with a line of progress, and returns how many months were bad. */
async function runAll(
  setting: Setting,
  undisturbed: Undisturbed,
  tasks: readonly Task[],
  lanes: number,
): Promise<number> {
  const begun = performance.now();
  const waiting = [...tasks];
  let done = 0;
  let bad = 0;
  const lane = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const faults = await faultsOf(setting, undisturbed, task.seed, task.disturbance);
      done += 1;
      if (faults.length > 0) {
        bad += 1;
        write(`\r\x1b[K${describe(undisturbed.story, task, faults)}`);
      }
      const seconds = Math.round((performance.now() - begun) / 1_000);
      if (process.stdout.isTTY || done % 50 === 0 || done === tasks.length)
        write(`\r\x1b[K${done} of ${tasks.length} months, ${bad} bad, ${seconds} s${process.stdout.isTTY ? '' : '\n'}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  write(process.stdout.isTTY ? '\n' : '');
  return bad;
}

function describe(story: Story, task: Task, faults: readonly string[]): string {
  const shown = faults.slice(0, 12).map((fault) => `    ${fault}\n`);
  const more = faults.length > 12 ? [`    … and ${faults.length - 12} more\n`] : [];
  return `BAD  npm run simulate -- ${argumentsOf(story, task.seed, task.disturbance)}\n${[...shown, ...more].join('')}`;
}

function writeTrace({ trace }: Month): void {
  for (const { number, call, kind, name } of trace)
    write(`${String(number).padStart(6)}  ${call.padEnd(22)} ${kind.padEnd(11)} ${name}\n`);
}

async function simulate(options: Options, story: Story, named: Disturbance | undefined): Promise<number> {
  const server = await openServer();
  try {
    const setting = await openSetting(server.address);
    try {
      const seed = wholeNumber('seed', options.seed);
      const month = await runMonth({ setting, seed, disturbance: UNDISTURBED, story });
      if (month.state === null || month.broken.length > 0) {
        write(`The undisturbed month is bad:\n${month.broken.map((line) => `    ${line}\n`).join('')}`);
        return 1;
      }
      write(`The month has ${month.trace.length} effects.\n`);
      const undisturbed = { story, state: month.state, month };
      if (options.trace) writeTrace(month);
      const bad = await runAll(
        setting,
        undisturbed,
        tasksOf(options, named, undisturbed),
        wholeNumber('lanes', options.lanes),
      );
      return bad === 0 ? 0 : 1;
    } finally {
      await setting.close();
    }
  } finally {
    await server.stop();
  }
}

/** What the arguments ask for; text for people when they cannot be read. */
function readTask():
  | { readonly options: Options; readonly story: Story; readonly named: Disturbance | undefined }
  | string {
  try {
    const options = readOptions();
    for (const name of ['months', 'seed'] as const) wholeNumber(name, options[name]);
    for (const name of ['lanes', 'every'] as const)
      if (wholeNumber(name, options[name]) === 0) throw new RangeError(`--${name} takes at least 1`);
    return { options, story: storyOf(options.story), named: namedDisturbance(options) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return error.message;
    throw error;
  }
}

const task = readTask();
if (typeof task === 'string') {
  process.stderr.write(`${task}. See npm run simulate -- --help\n`);
  process.exitCode = 2;
} else if (task.options.help) write(HELP);
else process.exitCode = await simulate(task.options, task.story, task.named);
