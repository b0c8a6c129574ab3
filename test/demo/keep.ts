import type { Stage } from './stage.ts';
import type { Teller } from './teller.ts';

/** Prints what a person can try, and never ends by itself: the signal that ends the process removes the lab. */
export function keepRunning({ network, agent, headend }: Stage, teller: Teller): Promise<never> {
  const enter = (name: string) => `nsenter --net=/run/netns/${name}`;
  const { host, edge, server } = network;
  teller.say('Everything is left running. In another terminal, as root:');
  teller.output(
    [
      '',
      'export PATH=$PWD/node_modules/.bin:$PATH',
      `alias agent='${enter(host.name)} service-agent'`,
      `alias headend-here='${enter(edge.name)} headend'`,
      '',
      `agent status --dir ${agent.folder}`,
      `agent exec --dir ${agent.folder} calls -- curl http://198.51.100.10/      # says which address it saw`,
      `agent exec --dir ${agent.folder} calls -- ping -c 3 2001:db8:b::10`,
      `agent plan --dir ${agent.folder}`,
      `agent release --dir ${agent.folder} backup`,
      `headend-here status --dir ${headend.folder}`,
      `headend-here lease list --dir ${headend.folder}`,
      `headend-here audit --dir ${headend.folder}`,
      `${enter(host.name)} nft list ruleset                  # what the agent made on the host`,
      `${enter(server.name)} ip -statistics link show net    # what reaches the server`,
      '',
    ].join('\n'),
  );
  teller.say('Ctrl-C ends it and removes everything.');
  return new Promise(() => setInterval(() => {}, 60_000));
}
