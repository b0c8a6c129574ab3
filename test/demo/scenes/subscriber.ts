import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES } from '../../lab/index.ts';
import { GROUPS } from '../applications.ts';
import type { Program } from '../programs.ts';
import type { Stage } from '../stage.ts';
import type { Teller } from '../teller.ts';
import { addressesByGroup, lanesStand } from '../views.ts';
import type { Scene } from './scene.ts';

export const subscriber: Scene = {
  title: 'Alice’s host asks for two lanes: one for calls, one for backups',
  async play(stage, teller) {
    await introduce(stage, teller, stage.agent, 'laptop-7f', 'alice', LAPTOP_GROUPS);
    teller.command('host', 'service-agent run');
    stage.memory.agentRuns = stage.agent.start('run');
    await lanesStand(stage.agent, stage.memory.agentRuns);
    teller.command('host', 'service-agent status');
    teller.output(await stage.agent.must('status'));
    const addresses = await addressesByGroup(stage.agent);
    return GROUPS.map(({ id, name }) => {
      const [v4, v6, ...more] = addresses.get(id) ?? [];
      return {
        what: `the group ${name} has an IPv4 and an IPv6 address of its own`,
        holds: v4?.includes('.') === true && v6?.includes(':') === true && more.length === 0,
        seen: [v4, v6, ...more].join(' ') || 'no address',
      };
    });
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

/** Makes an agent's folder and has the provider enrol its key. */
export async function introduce(
  stage: Stage,
  teller: Teller,
  agent: Program,
  hostId: string,
  owner: string,
  groups: string,
): Promise<void> {
  const { headend, memory } = stage;
  const words = ['init', '--headend', `${ADDRESSES.edge.v4}:8830`, '--host-id', hostId];
  teller.command(agent.namespace.role, `service-agent ${words.join(' ')} --host-key ${memory.hostKey?.slice(0, 15)}…`);
  await agent.must(...words, '--host-key', memory.hostKey ?? '');
  const file = join(agent.folder, 'agent.yaml');
  const settings = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    `${settings.slice(0, settings.search(/^groups:/m))}cgroup-slice: ${stage.lab.sliceOf(agent.namespace)}\n${groups}\n`,
  );
  const key = join(agent.folder, 'id_ed25519.pub');
  teller.command('edge', `headend host enrol ${hostId} --subscriber ${owner} --key ${hostId}.pub`);
  await headend.must('host', 'enrol', hostId, '--subscriber', owner, '--key', key);
}
