import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bucketOf, GRANT_LIFETIME_MS } from '../../shared/pace/bucket.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { scaled } from '../scale.ts';
import { Chance } from '../simulation/random.ts';
import { busiestSecond } from './windows.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.remove());

const START = Date.parse('2026-11-01T00:00:00Z');
/** Beside the lifetime of a grant: how much longer one call may be on its way than another. */
const WAY_SPREAD_MS = 100;

interface Client {
  readonly id: number;
  readonly endpoint: string;
  left: number;
  inTurn: boolean;
  /** Dies with its first grant in hand. */
  readonly dies: boolean;
}

interface Arrival {
  readonly at: number;
  readonly client: number;
  readonly endpoint: string;
}

/** Clients that all want to call at once, in simulated time, on the real function of the database. */
async function simulate(
  clients: readonly Client[],
  limits: { readonly account: number; readonly endpoint: number },
  chance: Chance,
): Promise<{ readonly arrivals: readonly Arrival[]; readonly statements: number }> {
  const arrivals: Arrival[] = [];
  const due = clients.map((client) => ({ client, at: START }));
  const account = bucketOf(limits.account);
  const endpoint = bucketOf(limits.endpoint);
  let statements = 0;
  while (due.length > 0) {
    due.sort((a, b) => a.at - b.at || a.client.id - b.client.id);
    const { client, at } = due.shift() as (typeof due)[number];
    statements += 1;
    const { rows } = await db.owner.query(
      `select granted, wait_ms from stripe_pace_take('test', $1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        client.endpoint,
        client.left,
        client.inTurn,
        account.intervalMicroseconds,
        account.burst,
        endpoint.intervalMicroseconds,
        endpoint.burst,
        new Date(at),
      ],
    );
    const { granted, wait_ms: waitMs } = rows[0];
    client.inTurn = granted === 0;
    if (client.dies && granted > 0) continue;
    for (let call = 0; call < granted; call += 1) {
      const late = Math.floor(chance.fraction() * (GRANT_LIFETIME_MS + WAY_SPREAD_MS));
      arrivals.push({ at: at + late, client: client.id, endpoint: client.endpoint });
    }
    client.left -= granted;
    if (client.left > 0) due.push({ client, at: at + Math.max(1, waitMs) });
  }
  return { arrivals, statements };
}

function clientsOf(count: number, calls: number, endpoints: readonly string[], dying = 0): readonly Client[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    endpoint: endpoints[id % endpoints.length] ?? '',
    left: calls,
    inTurn: false,
    dies: id < dying,
  }));
}

describe('ten instances that share nothing but the database', () => {
  const calls = scaled(30, 300);

  test('promise 20: keep within the limit of one endpoint in every second, and all get through', async () => {
    const { arrivals } = await simulate(
      clientsOf(10, calls, ['POST /v1/invoices']),
      { account: 100, endpoint: 25 },
      new Chance(1),
    );
    expect(arrivals).toHaveLength(10 * calls);
    expect(busiestSecond(arrivals.map(({ at }) => at))).toBeLessThanOrEqual(25);
  });

  test('keep within the limit of the account when their endpoints together ask for more', async () => {
    const endpoints = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const { arrivals } = await simulate(clientsOf(10, calls, endpoints), { account: 100, endpoint: 25 }, new Chance(2));
    expect(arrivals).toHaveLength(10 * calls);
    expect(busiestSecond(arrivals.map(({ at }) => at))).toBeLessThanOrEqual(100);
    for (const endpoint of endpoints)
      expect(
        busiestSecond(arrivals.filter((one) => one.endpoint === endpoint).map(({ at }) => at)),
      ).toBeLessThanOrEqual(25);
  });

  test('use what they may: at least three quarters of the bucket’s rate', async () => {
    const { arrivals } = await simulate(clientsOf(10, calls, ['a']), { account: 100, endpoint: 25 }, new Chance(3));
    const seconds = (Math.max(...arrivals.map(({ at }) => at)) - START) / 1_000;
    expect((10 * calls) / seconds).toBeGreaterThan(0.75 * (1_000_000 / bucketOf(25).intervalMicroseconds));
  });

  test('are served alike: when half of all calls are through, nobody has more than twice its share', async () => {
    const { arrivals } = await simulate(clientsOf(10, calls, ['a']), { account: 100, endpoint: 25 }, new Chance(4));
    const half = [...arrivals].sort((a, b) => a.at - b.at).slice(0, 5 * calls);
    const served = Array.from({ length: 10 }, (_, id) => half.filter(({ client }) => client === id).length);
    expect(Math.max(...served)).toBeLessThanOrEqual(calls);
    expect(Math.min(...served)).toBeGreaterThanOrEqual(calls / 4);
  });

  test('are not held up by those that die with grants in hand', async () => {
    const { arrivals } = await simulate(clientsOf(10, calls, ['a'], 5), { account: 100, endpoint: 25 }, new Chance(5));
    expect(arrivals).toHaveLength(5 * calls);
    expect(busiestSecond(arrivals.map(({ at }) => at))).toBeLessThanOrEqual(25);
  });

  test('come back when it is their turn and not before: two statements for each grant', async () => {
    const { arrivals, statements } = await simulate(
      clientsOf(10, calls, ['a']),
      { account: 100, endpoint: 25 },
      new Chance(6),
    );
    expect(statements).toBeLessThanOrEqual(2 * arrivals.length);
  });
});

test('a limit of one call a second is kept', async () => {
  const { arrivals } = await simulate(clientsOf(4, 3, ['a']), { account: 1, endpoint: 1 }, new Chance(7));
  expect(arrivals).toHaveLength(12);
  expect(busiestSecond(arrivals.map(({ at }) => at))).toBe(1);
});
