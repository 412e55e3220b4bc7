import { startStripeStandIn } from '../local-cloud/stripe/server.ts';

/** Runs a stand-in as a process of its own, to be killed: the journal's path is its argument, its address its output. */
const [, , statePath] = process.argv;
if (statePath === undefined) throw new Error('give the path of the journal');
const standIn = await startStripeStandIn({ port: 0, statePath });
process.stdout.write(`${standIn.url}\n`);
