import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { encodeRpc } from '@sublane/yang';
import { Host, type KeyPair, newKey } from '../e2e/headend-host.ts';

/** Where a story is told: a headend that serves, and a folder for files. */
export interface Scene {
  readonly port: number;
  readonly hostKey: string;
}

/** One command. `as`: what happened before at the headend gives values that its words and its rpcs name. */
export interface Step {
  readonly words: readonly string[];
  readonly input?: string;
  /** Done before it, at each headend; what it gives stands for `{name}` in the words. */
  readonly before?: (scene: Scene) => Promise<Readonly<Record<string, string>>>;
  /** Exit code; default 0. */
  readonly code?: number;
  /** A value for the words of later steps, found in what it prints. */
  readonly keeps?: readonly [name: string, found: RegExp];
}

const GOLD = `name: gold
default-class: bulk
classes:
  calls: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  bulk:  { dscp: 0,  priority: L, dnld: { ceiling: unlimited } }
rules:
  - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: calls }
quota: { octets: 100 GB, period: month }
`;

const LAPTOP = newKey('laptop');
const REQUEST = '{ upld: { bandwidth: 2000, priority: H } }';

/** Writes what the commands read. */
export function storyFiles(folder: string): void {
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
  file('gold.yaml', GOLD);
  file('laptop.pub', LAPTOP.public);
  // As long as a shared secret is to be.
  for (const secret of ['isp', 'bng'])
    writeFileSync(join(folder, 'edge', 'secrets', secret), 'a'.repeat(32), { mode: 0o600 });
  file('otto.pub', newKey('otto').public);
}

/** Every command of the operator that speaks to the headend, once at least, in an order that makes sense. */
export const STORY: readonly Step[] = [
  step('status'),
  step('location add vienna --access-prefix 127.0.0.0/8 --dnld-capacity 100000'),
  step('location list'),
  step('location show vienna'),
  step('pool add calls --class calls --prefix 192.0.2.0/24 --prefix 2001:db8:1::/64 --gateway 192.0.2.1'),
  step('pool add spare --class calls --prefix 203.0.113.0/24 --prefix 2001:db8:2::/64'),
  step('pool list'),
  step('pool show calls'),
  step('pool set calls --rest 60 --warn-at 90'),
  step('plan add gold --file gold.yaml'),
  step('plan list'),
  step('plan show gold'),
  step('security-profile add quiet --isolated'),
  step('security-profile list'),
  step('security-profile show quiet'),
  step('security-profile remove quiet'),
  { ...step('subscriber add alice --plan gold --password-stdin'), input: 'correct horse battery\n' },
  step('subscriber list'),
  step('subscriber show alice'),
  step('subscriber set alice --reset-quota'),
  step('host enrol laptop --subscriber alice --key laptop.pub'),
  step('host invite --subscriber alice --host-id phone --address 127.0.0.1:830 --json', {
    keeps: ['invitation', /"invitation-id": "(\d+)"/],
  }),
  step('host invitations'),
  step('host uninvite {invitation}'),
  step('host list'),
  step('host show laptop'),
  step('operator add otto --key otto.pub --role auditor'),
  step('operator list'),
  step('operator remove otto'),
  step('access list'),
  step('access show operator'),
  step('access explain --user laptop --rpc get-service'),
  step('access permit release --group auditor --rpc sublane-headend:release-lease'),
  step('access deny peek --group auditor --path /sublane-headend:headend/pool --operations read'),
  step('access remove own-auditor peek'),
  step('access remove own-auditor'),
  step('policy-hook set http://127.0.0.1:9/v1/data/sublane --when-away permit'),
  step('policy-hook show'),
  { words: ['policy-hook', 'test', REQUEST, '--host', 'laptop'] },
  step('policy-hook remove'),
  step('aaa add isp --server 127.0.0.1:9 --secret-file isp --default-plan gold'),
  step('aaa list'),
  step('aaa show'),
  step('aaa authority embedded'),
  step('aaa realm add example.net isp'),
  step('aaa realm remove example.net'),
  step('aaa edge add bng --at 127.0.0.1 --secret-file bng'),
  step('aaa edge remove bng'),
  step('aaa client add 127.0.0.1 --group isp --secret-file isp'),
  step('aaa client remove 127.0.0.1'),
  step('aaa listen 127.0.0.1:3799'),
  step('aaa remove isp'),
  { ...step('lease list'), before: laptopAsks },
  step('lease show {lease}'),
  step('lease list --host laptop'),
  step('pool drain calls'),
  step('pool open calls'),
  step('pool move calls --to spare'),
  step('pool open calls'),
  { ...step('session list'), before: laptopComes },
  { ...step('session close {session}'), before: laptopComes },
  step('lease release {lease}'),
  { ...step('pool quarantine list'), before: laptopFindsConflict },
  step('pool quarantine release {address}'),
  step('audit'),
  step('audit --host laptop'),
  step('host revoke laptop'),
  step('subscriber set alice --suspend'),
  step('subscriber remove alice'),
  step('config history'),
  step('config show'),
  step('config show 1'),
  step('config diff 1'),
  step('config diff 1 2'),
  step('config rollback 2'),
  step('config rollback 3 --confirm-within 600', { keeps: ['trial', /config confirm (\S+)/] }),
  step('config confirm nothing', { code: 4 }),
  step('config cancel {trial}'),
  step('config discard'),
  step('config commit', { code: 1 }),
  step('plan remove gold', { code: 1 }),
  step('pool remove calls'),
  step('location remove vienna'),
];

function step(words: string, more: Partial<Step> = {}): Step {
  return { words: words.split(' '), ...more };
}

const standing: Host[] = [];

/** Hosts that came in a story; to be closed at its end. */
export async function closeHosts(): Promise<void> {
  for (const host of standing.splice(0)) await host.client.close();
}

async function laptop({ port, hostKey }: Scene): Promise<Host> {
  const host = await Host.open(port, 'laptop', LAPTOP satisfies KeyPair, hostKey);
  standing.push(host);
  return host;
}

async function laptopComes(scene: Scene) {
  return { session: String((await laptop(scene)).client.sessionId) };
}

async function laptopAsks(scene: Scene) {
  const host = await laptop(scene);
  const lanes = await host.request([{ id: 1, direction: 'upld', bandwidth: 2000, priority: 'H' }]);
  if ('codes' in lanes) throw new Error(JSON.stringify(lanes.codes));
  return { lease: lanes[1]?.lease ?? '' };
}

async function laptopFindsConflict(scene: Scene) {
  const host = await laptop(scene);
  const lanes = await host.request([{ id: 2, direction: 'upld', bandwidth: 2000, priority: 'H' }]);
  if ('codes' in lanes) throw new Error(JSON.stringify(lanes.codes));
  const address = lanes[2]?.ipv4 ?? '';
  const group = { id: 2, state: 'address-conflict', 'conflict-address': [address] } as const;
  unwrap(
    await host.client.rpc(
      encodeRpc('sublane-service:report-service', { 'host-id': 'laptop', 'application-group': [group] }),
    ),
  );
  return { address };
}
