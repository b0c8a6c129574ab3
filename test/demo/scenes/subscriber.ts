import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUPS } from '../applications.ts';
import type { Program } from '../programs.ts';
import { ALICES_PASSWORD } from '../radius.ts';
import type { Stage } from '../stage.ts';
import type { Teller } from '../teller.ts';
import { addressesByGroup, lanesStand } from '../views.ts';
import type { Scene } from './scene.ts';

export const subscriber: Scene = {
  title: 'Alice’s host asks for two lanes: one for calls, one for backups',
  async play(stage, teller) {
    if (stage.radius !== undefined) {
      writeFileSync(join(stage.agent.folder, 'password'), `${ALICES_PASSWORD}\n`, { mode: 0o600 });
      teller.say('FreeRADIUS wants Alice’s password: it lies in a file beside agent.yaml, and travels encrypted.');
    }
    const account = stage.radius && `subscriber: { user-name: ${stage.names.alice}, password-file: password }\n`;
    await introduce(stage, teller, stage.agent, 'laptop-7f', stage.names.alice, `${account ?? ''}${LAPTOP_GROUPS}`);
    teller.say(
      'The token holds the headend’s address, the fingerprint of its key and a secret that is good once: nobody can stand in between.',
    );
    teller.command('host', 'service-agent run');
    stage.memory.agentRuns = stage.agent.start('run');
    await lanesStand(stage.agent, stage.memory.agentRuns);
    teller.command('host', 'service-agent status');
    teller.output(await stage.agent.must('status'));
    teller.command('host', 'service-agent services');
    const services = await stage.agent.must('services');
    teller.output(services);
    const addresses = await addressesByGroup(stage.agent);
    const lanes = GROUPS.map(({ id, name }) => {
      const [v4, v6, ...more] = addresses.get(id) ?? [];
      return {
        what: `the group ${name} has an IPv4 and an IPv6 address of its own`,
        holds: v4?.includes('.') === true && v6?.includes(':') === true && more.length === 0,
        seen: [v4, v6, ...more].join(' ') || 'no address',
      };
    });
    return [
      { what: 'the host is told what it may ask for', holds: /calls.*bulk/s.test(services), seen: services },
      ...lanes,
    ];
  },
};

const LAPTOP_GROUPS = [
  'groups:',
  ...GROUPS.map(
    ({ id, name, granted, grantedIn, priority }) =>
      `  - { id: ${id}, name: ${name}, upld: { bandwidth: ${granted}, priority: ${priority} }, ${
        grantedIn === undefined ? '' : `dnld: { bandwidth: ${grantedIn}, priority: ${priority} }, `
      }applications: [ ${name} ] }`,
  ),
].join('\n');

/** The provider gives a token out, and the agent makes its key and enrols itself by it. */
export async function introduce(
  stage: Stage,
  teller: Teller,
  agent: Program,
  hostId: string,
  owner: string,
  groups: string,
): Promise<void> {
  const invitation = ['host', 'invite', '--subscriber', owner, '--host-id', hostId];
  teller.command('edge', `headend ${invitation.join(' ')}`);
  const token = (await stage.headend.must(...invitation)).trim();
  const shown = `${token.slice(0, 32)}…`;
  teller.output(shown);
  teller.command(agent.namespace.role, `service-agent init --token ${shown}`);
  await agent.must('init', '--token', token);
  const file = join(agent.folder, 'agent.yaml');
  const settings = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    `${settings.slice(0, settings.search(/^groups:/m))}cgroup-slice: ${stage.lab.sliceOf(agent.namespace)}\n${groups}\n`,
  );
}
