import { registerHooks } from 'node:module';

/**
 * Run in a process of its own: imports what is named, and prints how long it took, how much memory it holds, and which
 * packages it loaded, as JSON.
 */
const packages = new Set<string>();
registerHooks({
  load: (url, context, nextLoad) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return nextLoad(url, context);
  },
});

const before = process.memoryUsage().rss;
const begun = performance.now();
for (const specifier of process.argv.slice(2)) await import(specifier);
const milliseconds = performance.now() - begun;
const megabytes = (process.memoryUsage().rss - before) / 1_048_576;
process.stdout.write(JSON.stringify({ milliseconds, megabytes, packages: [...packages].sort() }));
