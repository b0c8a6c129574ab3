import { ADDRESSES } from '../lab/index.ts';
import { CALLS } from './applications.ts';
import type { Stage } from './stage.ts';
import type { Teller } from './teller.ts';
import { serverUrl } from './traffic.ts';

/** Prints what a person can try, and never ends by itself: the signal that ends the process removes the lab. */
export function keepRunning({ network, agent, headend }: Stage, teller: Teller): Promise<never> {
  const enter = (name: string) => `nsenter --net=/run/netns/${name}`;
  const { host, edge } = network;
  teller.say('Everything is left running. In another terminal, as root, in this folder:');
  teller.output(
    [
      '',
      'export PATH=$PWD/node_modules/.bin:$PATH',
      `alias agent='${enter(host.name)} service-agent --dir ${agent.folder}'`,
      `alias edge='${enter(edge.name)} headend --dir ${headend.folder}'`,
      '',
      'agent status',
      `agent exec calls -- curl ${serverUrl(CALLS, 4)}             # answers with the address it was asked from`,
      `agent exec backup -- ping -c 3 ${ADDRESSES.server.v6}`,
      'agent plan',
      'agent release backup',
      'edge status',
      'edge lease list',
      'edge audit',
      `${enter(host.name)} nft list ruleset     # what the agent made on the host`,
      '',
    ].join('\n'),
  );
  teller.say('Ctrl-C ends it and removes everything.');
  return new Promise(() => setInterval(() => {}, 60_000));
}
