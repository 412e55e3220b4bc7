import pg from 'pg';
import { DEAD_LETTER_TOPIC, type Subscription } from './subscriptions.ts';

/** A message as it was published. */
export interface StoredMessage {
  readonly messageId: string;
  readonly topic: string;
  /** Base64, as it came and as it goes. */
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly publishTime: string;
}

/** A message that a subscription has not acknowledged. */
export interface Owed {
  readonly subscription: string;
  readonly message: StoredMessage;
  /** Attempts that have failed. */
  readonly attempts: number;
}

interface NewMessage {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Published {
  /** In the order of the messages. */
  readonly messageIds: readonly string[];
  readonly owed: readonly Owed[];
}

/** Keeps messages and what became of each, so that a stopped relay forgets nothing that it confirmed. */
export interface RelayStore {
  /** Every message is kept, and owed to each of the subscriptions, when this resolves. */
  publish(topic: string, messages: readonly NewMessage[], subscriptions: readonly string[]): Promise<Published>;
  /** What is owed to the subscriptions, the oldest first. */
  owed(subscriptions: readonly string[]): Promise<Owed[]>;
  acknowledge(done: readonly Pick<Owed, 'subscription' | 'message'>[]): Promise<void>;
  failed(owed: Owed, error: string): Promise<void>;
  /** Moves a message to the dead letters, with the attributes that Pub/Sub adds. */
  deadLetter(owed: Owed, error: string, project: string, subscriptions: readonly Subscription[]): Promise<Published>;
  close(): Promise<void>;
}

const SCHEMA = `
  create schema if not exists pubsub;
  create table if not exists pubsub.messages (
    message_id bigint generated always as identity primary key,
    topic text not null,
    data text not null,
    attributes jsonb not null,
    published_at timestamptz not null
  );
  create index if not exists messages_by_topic on pubsub.messages (topic, published_at);
  create table if not exists pubsub.deliveries (
    subscription text not null,
    message_id bigint not null references pubsub.messages,
    state text not null default 'owed' check (state in ('owed', 'acknowledged', 'dead_lettered')),
    attempts integer not null default 0,
    last_error text,
    primary key (subscription, message_id)
  );
  create index if not exists deliveries_owed on pubsub.deliveries (message_id) where state = 'owed';
`;

const PUBLISH = `
  with given as (
    select data, attributes::jsonb, position from unnest($2::text[], $3::text[]) with ordinality as g (data, attributes, position)
  ), kept as (
    insert into pubsub.messages (topic, data, attributes, published_at)
    select $1, data, attributes, $4 from given order by position
    returning message_id
  ), owed as (
    insert into pubsub.deliveries (subscription, message_id) select name, message_id from kept cross join unnest($5::text[]) as s (name)
  )
  select message_id::text from kept order by kept.message_id`;

const OWED = `
  select d.subscription, d.attempts, m.message_id::text, m.topic, m.data, m.attributes, m.published_at
  from pubsub.deliveries d join pubsub.messages m using (message_id)
  where d.state = 'owed' and d.subscription = any($1)
  order by message_id`;

const ACKNOWLEDGE = `
  update pubsub.deliveries d set state = 'acknowledged', attempts = attempts + 1
  from unnest($1::text[], $2::bigint[]) as a (subscription, message_id)
  where d.subscription = a.subscription and d.message_id = a.message_id and d.state = 'owed'`;

const FAILED = `
  update pubsub.deliveries set attempts = $3, last_error = $4 where subscription = $1 and message_id = $2 and state = 'owed'`;

const MARK_DEAD = `
  update pubsub.deliveries set state = 'dead_lettered', attempts = $3, last_error = $4
  where subscription = $1 and message_id = $2 and state = 'owed'`;

interface OwedRow {
  readonly subscription: string;
  readonly attempts: number;
  readonly message_id: string;
  readonly topic: string;
  readonly data: string;
  readonly attributes: Record<string, string>;
  readonly published_at: Date;
}

/** Opens the relay's tables, in a schema of their own, and makes them when they are not there. */
export async function openRelayStore(url: string, now: () => Date): Promise<RelayStore> {
  const pool = new pg.Pool({ connectionString: url, max: 3, application_name: 'relay' });
  await pool.query(SCHEMA);
  return {
    publish: (topic, messages, subscriptions) => publish(pool, now(), topic, messages, subscriptions),
    owed: async (subscriptions) => (await pool.query<OwedRow>(OWED, [subscriptions])).rows.map(owedOf),
    acknowledge: async (done) => {
      const values = [done.map(({ subscription }) => subscription), done.map(({ message }) => message.messageId)];
      await pool.query({ name: 'acknowledge', text: ACKNOWLEDGE, values });
    },
    failed: async ({ subscription, message, attempts }, error) => {
      await pool.query(FAILED, [subscription, message.messageId, attempts, error]);
    },
    deadLetter: (owed, error, project, subscriptions) => deadLetter(pool, now(), owed, error, project, subscriptions),
    close: () => pool.end(),
  };
}

function owedOf(row: OwedRow): Owed {
  const message = {
    messageId: row.message_id,
    topic: row.topic,
    data: row.data,
    attributes: row.attributes,
    publishTime: row.published_at.toISOString(),
  };
  return { subscription: row.subscription, attempts: row.attempts, message };
}

async function publish(
  client: pg.Pool | pg.PoolClient,
  at: Date,
  topic: string,
  messages: readonly NewMessage[],
  subscriptions: readonly string[],
): Promise<Published> {
  const data = messages.map((message) => message.data);
  const attributes = messages.map((message) => JSON.stringify(message.attributes));
  const values = [topic, data, attributes, at, subscriptions];
  const kept = await client.query<{ message_id: string }>({ name: 'publish', text: PUBLISH, values });
  const messageIds = kept.rows.map((row) => row.message_id);
  const owed = messages.flatMap((message, index) => {
    const messageId = messageIds[index];
    if (messageId === undefined) throw new Error(`The relay kept ${messageIds.length} of ${messages.length} messages.`);
    const stored = { ...message, messageId, topic, publishTime: at.toISOString() };
    return subscriptions.map((subscription) => ({ subscription, message: stored, attempts: 0 }));
  });
  return { messageIds, owed };
}

async function deadLetter(
  pool: pg.Pool,
  at: Date,
  { subscription, message, attempts }: Owed,
  error: string,
  project: string,
  subscriptions: readonly Subscription[],
): Promise<Published> {
  const letter = {
    data: message.data,
    attributes: {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
      CloudPubSubDeadLetterSourceSubscription: subscription,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: message.publishTime,
    },
  };
  const receivers = subscriptions.filter(({ topic }) => topic === DEAD_LETTER_TOPIC).map(({ name }) => name);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(MARK_DEAD, [subscription, message.messageId, attempts, error]);
    const published = await publish(client, at, DEAD_LETTER_TOPIC, [letter], receivers);
    await client.query('commit');
    client.release();
    return published;
  } catch (failure) {
    client.release(true);
    throw failure;
  }
}
