import { FUNCTIONS } from '../../../functions/index.ts';
import { required } from '../../../shared/configuration/configuration.ts';
import type { Stack } from '../stack/stack.ts';
import { seedCatalogue, seedPrincipals, seedStripeCustomers } from './catalogue.ts';
import { closeMonth, payOpenInvoices } from './close.ts';
import { seedContracts } from './contracts.ts';
import { runMonth, settle } from './month.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { seedPlans } from './plans.ts';
import type { Progress } from './progress.ts';

/** Sets the demo up, lets the month run, and closes it. Every step goes on from what an earlier start has done. */
export async function runDemo(stack: Stack, progress: Progress): Promise<Outcome> {
  const { world } = stack;
  progress.step('Customers, projects, metrics, sources, plans and contracts');
  await seedPrincipals(
    stack.databaseUrl,
    world.effects,
    FUNCTIONS.map(({ manifest }) => manifest.name),
  );
  await seedCatalogue(world);
  await seedContracts(world, await seedPlans(world));
  await seedStripeCustomers(world, {
    apiBase: required(world.configuration.stripeApiBase, 'STRIPE_API_BASE'),
    secretKey: required(world.configuration.stripeApiKey, 'STRIPE_API_KEY'),
  });
  progress.step('Daily aggregation, three regions at a time');
  await settle(stack);
  await runMonth(stack, progress);
  progress.step('The month is complete; its run is rated');
  const status = await closeMonth(stack, progress);
  await payOpenInvoices(stack);
  return readOutcome(stack, status);
}
