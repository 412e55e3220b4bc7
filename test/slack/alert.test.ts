import { expect, onTestFinished, test } from 'vitest';
import type { Effect, Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { type Alert, type AlertOutcome, coalescingKey, sendAlert } from '../../shared/slack/alert.ts';
import { alertMessage } from '../../shared/slack/message.ts';
import { type SlackFault, type SlackReceiver, startSlackReceiver } from '../local-cloud/slack/server.ts';

const alert: Alert = {
  severity: 'critical',
  title: 'Usage of eu on 2026-10-07 is incomplete',
  where: 'region eu, day 2026-10-07, source prometheus',
  why: 'The query answered with a warning.',
  recover: 'npm run daybook -- usage rerun --region eu --day 2026-10-07',
};

async function start(): Promise<{
  receiver: SlackReceiver;
  send: (which?: Alert, timeoutMs?: number) => Promise<AlertOutcome>;
}> {
  const receiver = await startSlackReceiver(0);
  onTestFinished(() => receiver.close());
  const send = (which = alert, timeoutMs = 5_000) =>
    sendAlert({ webhookUrl: receiver.webhookUrl, timeoutMs }, systemEffects(), which);
  return { receiver, send };
}

test('an alert says what, where, why and how to recover', async () => {
  const { receiver, send } = await start();
  expect(await send()).toEqual({ kind: 'sent' });
  const [message] = receiver.messages();
  expect(message?.text).toBe(`${alert.title}: ${alert.where}`);
  const text = JSON.stringify(message?.blocks);
  for (const part of [alert.title, alert.where, alert.why, alert.recover]) expect(text).toContain(part);
});

test.each<readonly [SlackFault, AlertOutcome]>([
  [
    { kind: 'rate_limit', retryAfterSeconds: 3 },
    { kind: 'failed', reason: 'rate_limited', retryAfterMs: 3000 },
  ],
  [{ kind: 'server_error' }, { kind: 'failed', reason: 'server_error', retryAfterMs: null }],
  [{ kind: 'revoked' }, { kind: 'failed', reason: 'refused', retryAfterMs: null }],
  [{ kind: 'drop' }, { kind: 'failed', reason: 'unreachable', retryAfterMs: null }],
])('Slack fails with %j: the work goes on with the outcome', async (fault, outcome) => {
  const { receiver, send } = await start();
  receiver.failNext(fault);
  expect(await send()).toEqual(outcome);
  expect(receiver.messages()).toHaveLength(0);
});

test('a Slack that never answers costs the timeout, no more', async () => {
  const { receiver, send } = await start();
  receiver.failNext({ kind: 'hang' });
  expect(await send(alert, 100)).toEqual({ kind: 'failed', reason: 'timeout', retryAfterMs: null });
});

test.each(['', 'not a url', 'http://127.0.0.1:1/services/T/B/canary'])(
  'a webhook "%s" that cannot be reached is an outcome without its address',
  async (webhookUrl) => {
    const outcome = await sendAlert({ webhookUrl, timeoutMs: 1_000 }, systemEffects(), alert);
    expect(outcome).toEqual({ kind: 'failed', reason: 'unreachable', retryAfterMs: null });
  },
);

test('each alert is one effect at the seam', async () => {
  const { receiver } = await start();
  const effects: Effect[] = [];
  const system = systemEffects();
  const counting: Effects = {
    ...system,
    perform: (effect, run) => {
      effects.push(effect);
      return system.perform(effect, run);
    },
  };
  await sendAlert({ webhookUrl: receiver.webhookUrl, timeoutMs: 1_000 }, counting, alert);
  expect(effects).toEqual([{ kind: 'http', name: 'POST slack webhook' }]);
});

test('text of others can neither mention a channel, nor hide a link, nor leave its block', async () => {
  const { receiver, send } = await start();
  const hostile = '<!channel> <https://evil.example|click> ```code``` & \ud800';
  expect(await send({ ...alert, title: hostile, where: hostile, why: hostile, recover: hostile })).toEqual({
    kind: 'sent',
  });
  const [message] = receiver.messages();
  const marked = message?.blocks?.flatMap((block) => (block.type === 'section' ? [block.text.text] : [])) ?? [];
  for (const text of [message?.text ?? '', ...marked]) expect(text).not.toMatch(/<!channel>|<https/);
  expect(marked[2]?.match(/```/g)).toHaveLength(2);
});

test('texts longer than Slack takes are shortened', async () => {
  const { receiver, send } = await start();
  const long = '<é😀'.repeat(5_000);
  expect(await send({ ...alert, title: long, where: long, why: long, recover: long })).toEqual({ kind: 'sent' });
  expect(receiver.messages()).toHaveLength(1);
});

test('an alert without a word in a field is still a message that Slack takes', async () => {
  const { send } = await start();
  expect(await send({ ...alert, title: '', where: '', why: '', recover: '' })).toEqual({ kind: 'sent' });
});

test('alerts of one job, window and error have one key; others have others', () => {
  const occasion = { job: 'aggregate-usage', window: '2026-10-07', error: 'prometheus_warning' };
  expect(coalescingKey({ ...occasion })).toBe(coalescingKey(occasion));
  const keys = [
    occasion,
    { ...occasion, job: 'price-usage' },
    { ...occasion, window: '2026-10-08' },
    { ...occasion, error: 'prometheus_nan' },
    { ...occasion, job: 'aggregate-usage","2026', window: '10-07' },
  ].map(coalescingKey);
  expect(new Set(keys).size).toBe(keys.length);
});

test('the severity is seen at a glance', () => {
  const marks = (['information', 'warning', 'critical'] as const).map((severity) =>
    JSON.stringify(alertMessage({ ...alert, severity }).blocks?.[0]),
  );
  expect(new Set(marks).size).toBe(3);
});
