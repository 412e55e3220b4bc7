import { isLiveKey } from '../pace/paced-stripe.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { readDeployed } from './smoke/deployed.ts';
import { failed, type StepOutcome } from './smoke/step.ts';
import { databaseStep, messagesStep, schedulesStep, slackStep, sourcesStep } from './smoke/steps.ts';
import { stripeStep } from './smoke/stripe-step.ts';
import type { Style } from './terminal/style.ts';
import { plain } from './terminal/table.ts';

interface Step {
  readonly name: string;
  readonly take: (session: Session) => Promise<StepOutcome>;
}

interface Taken {
  readonly name: string;
  readonly outcome: StepOutcome;
}

/** In the order in which one rests on the other. */
const STEPS: readonly Step[] = [
  { name: 'database', take: databaseStep },
  { name: 'Pub/Sub', take: (session) => messagesStep(session, readDeployed()) },
  { name: 'scheduler', take: (session) => schedulesStep(session, readDeployed()) },
  { name: 'usage sources', take: sourcesStep },
  { name: 'Stripe, test mode', take: stripeStep },
  { name: 'Slack', take: slackStep },
];

export function registerSmoke(registration: Registration): void {
  addCommand(
    registration.program,
    'smoke',
    'try a deployment end to end with Stripe’s test mode; bills nobody, changes no usage',
  ).action(runReading<[]>(registration, smoke));
}

async function smoke(session: Session): Promise<CommandOutcome> {
  const { stripeApiKey } = session.configuration;
  if (stripeApiKey !== null && isLiveKey(stripeApiKey)) {
    return refused(
      'live_stripe_key',
      'STRIPE_API_KEY is a live key: give smoke a key of the test mode. Nothing was tried.',
    );
  }
  const taken: Taken[] = [];
  for (const { name, take } of STEPS) taken.push({ name, outcome: await attempt(session, take) });
  const bad = taken.some(({ outcome }) => outcome.kind === 'failed');
  return {
    kind: bad ? 'failed' : 'done',
    value: { steps: taken.map(({ name, outcome }) => ({ step: name, ...outcome })) },
    text: (style) => taken.map((step) => stepText(step, style)).join('\n'),
  };
}

/** What cannot even be tried has failed; the steps after it are tried all the same. */
async function attempt(session: Session, take: Step['take']): Promise<StepOutcome> {
  try {
    return await take(session);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed(plain(reason).slice(0, 300), 'is its address right, and may this identity reach it?');
  }
}

function stepText({ name, outcome }: Taken, style: Style): string {
  switch (outcome.kind) {
    case 'ok':
      return `${style.good('ok')}      ${name}: ${outcome.detail}`;
    case 'failed':
      return `${style.bad('failed')}  ${name}: ${plain(outcome.detail)}\n        ${style.dim('→')} ${outcome.fix}`;
    case 'not_configured':
      return `${style.warning('not set')} ${name}: ${outcome.detail}\n        ${style.dim('→')} ${outcome.fix}`;
    default:
      return outcome satisfies never;
  }
}
