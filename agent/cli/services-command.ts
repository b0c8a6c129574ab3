import type { Result } from '@sublane/basics';
import { Command } from 'commander';
import type { AgentFailure } from '../service/agent-failure.ts';
import type { AvailableServices } from '../service/available-services.ts';
import { askDaemon } from '../service/control-client.ts';
import type { Composition } from './composition.ts';
import { commandFailure } from './exit.ts';
import type { Places } from './places.ts';
import { servicesText } from './services-text.ts';

/** `service-agent services`: by the daemon's session where one runs; else by one of its own, which changes nothing. */
export function servicesCommand(
  composition: Composition,
  placesFor: (command: Command) => [Places, { readonly json?: boolean }],
  show: (options: { readonly json?: boolean }, value: unknown, text: () => string) => void,
): Command {
  return new Command('services')
    .description('what this host may ask for, what of it cannot be had here and now and why, and the quota')
    .addHelpText(
      'after',
      `
A headend is asked, through the daemon where one runs. Rates are the most that a group may ask for.

Examples:
  service-agent services
  service-agent services --json | jq '.classes[] | select(.unavailable == null) | .name'`,
    )
    .action(async (_options, command: Command) => {
      const [places, common] = placesFor(command);
      const asked = await askDaemon<AvailableServices, AgentFailure>(places.socket, 'GET', '/services');
      const services = !asked.ok && asked.failure.kind === 'no-daemon' ? await alone(composition, places) : asked;
      if (!services.ok) throw commandFailure(services.failure);
      show(common, services.value, () => servicesText(services.value, composition.now()));
    });
}

async function alone(composition: Composition, places: Places): Promise<Result<AvailableServices, AgentFailure>> {
  const { agent, link } = composition.service(places, composition.config(places));
  try {
    return await agent.services();
  } finally {
    await link.close();
  }
}
