import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SEEDED_ADDRESSES } from '../console/addresses.ts';
import { type SeedOptions, seedEffects, seedMonth } from '../console/seed.ts';
import { testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { Browser, findChromium, type View } from './chromium.ts';
import { LOW_CONTRAST } from './contrast.ts';
import { type ServedConsole, serveConsole } from './serve.ts';

const NO_BROWSER = 'no Chromium on this machine: install Debian’s package "chromium" to run the browser tests';
const HOSTILE = '<img src=x onerror="document.title=\'hit\'"><script>document.title="hit"</script>';
const DESKTOP: View = { width: 1280, scheme: 'light' };
const PHONE: View = { width: 360, scheme: 'dark' };

/** Set to a folder, each page is kept there as a picture. */
const PICTURES = process.env.DAYBOOK_TEST_PICTURES;

interface Shown {
  readonly database: TestDatabase;
  readonly served: ServedConsole;
  readonly browser: Browser;
}

async function show(options: SeedOptions): Promise<Shown | undefined> {
  const executable = findChromium();
  if (executable === undefined) return undefined;
  const database = await createTestDatabase(seedEffects);
  await seedMonth(database, options);
  return { database, served: await serveConsole(testWorld(database).world), browser: await Browser.start(executable) };
}

async function close(shown: Shown | undefined): Promise<void> {
  await shown?.browser.close();
  await shown?.served.close();
  await shown?.database.remove();
}

const width = (browser: Browser) => browser.evaluate('document.documentElement.scrollWidth', z.int());

describe('the console in a browser over a rated month', () => {
  let shown: Shown | undefined;
  beforeAll(async () => {
    shown = await show({});
  });
  afterAll(() => close(shown));

  test.for(SEEDED_ADDRESSES)(
    '%s is drawn without a complaint, fits a phone, and is legible in light and dark',
    async (address, { skip }) => {
      if (shown === undefined) return skip(NO_BROWSER);
      const { browser, served } = shown;
      const { complaints, requests } = await browser.visit(served.url + address, DESKTOP);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith(served.url))).toEqual([]);
      for (const view of [DESKTOP, PHONE]) {
        await browser.look(view);
        expect(await width(browser)).toBeLessThanOrEqual(view.width);
        expect(await browser.evaluate(LOW_CONTRAST, z.array(z.string()))).toEqual([]);
        if (PICTURES !== undefined) await keepPicture(browser, address, view);
      }
    },
  );
});

describe('the console in a browser over a month with a missing day and hostile names', () => {
  let shown: Shown | undefined;
  beforeAll(async () => {
    shown = await show({ stage: 'collecting', text: HOSTILE });
  });
  afterAll(() => close(shown));

  test.for(SEEDED_ADDRESSES)('nothing of a name runs or breaks out of its place on %s', async (address, { skip }) => {
    if (shown === undefined) return skip(NO_BROWSER);
    const { browser, served } = shown;
    const { complaints } = await browser.visit(served.url + address, PHONE);
    const refusals = complaints.filter((complaint) => !complaint.includes('status of 404'));
    expect(refusals).toEqual([]);
    expect(await browser.evaluate('document.title', z.string())).toMatch(/ · Daybook$/);
    expect(await browser.evaluate('document.querySelectorAll("script, img:not(.brand img)").length', z.int())).toBe(0);
    expect(await width(browser)).toBeLessThanOrEqual(PHONE.width);
  });
});

async function keepPicture(browser: Browser, address: string, view: View): Promise<void> {
  mkdirSync(PICTURES ?? '', { recursive: true });
  const name = address.replaceAll(/[^a-z0-9-]+/g, '_').replace(/^_$/, 'overview');
  writeFileSync(join(PICTURES ?? '', `${name}-${view.width}-${view.scheme}.png`), await browser.picture());
}
