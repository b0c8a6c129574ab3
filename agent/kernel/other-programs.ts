import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capability } from '../lanes/capability.ts';

/**
 * Whether the programs that manage this host's network let the lanes be: one line for each that runs. `root` is where
 * their files are.
 */
export function probeOtherPrograms(root = '/'): readonly Capability[] {
  const capabilities: Capability[] = [];
  if (existsSync(join(root, 'run/systemd/netif/state'))) capabilities.push(networkd(root));
  if (existsSync(join(root, 'run/NetworkManager'))) capabilities.push(networkManager(root));
  return capabilities;
}

/** networkd.conf(5): removes rules and routes that are not its own, whenever it sets up a link. */
function networkd(root: string): Capability {
  const settings = readSettings(
    ['etc', 'run', 'usr/local/lib', 'usr/lib'].map((folder) => join(root, folder, 'systemd')),
    'networkd.conf',
  );
  const keeps = (name: string) => /^(0|no|n|false|f|off)$/i.test(settings.get(`Network.${name}`) ?? 'yes');
  const missing = ['ManageForeignRoutingPolicyRules', 'ManageForeignRoutes'].filter((name) => !keeps(name));
  const purpose = 'leaves rules and routes of lanes alone when it sets up a link';
  if (missing.length === 0) return { name: 'systemd-networkd', present: true, purpose };
  return {
    name: 'systemd-networkd',
    present: false,
    purpose,
    instead:
      'what it removes is put right within a second by the running service-agent; until then the firewall stops it',
    remedy: `write /etc/systemd/networkd.conf.d/50-sublane.conf with the lines [Network], ${missing.map((name) => `${name}=no`).join(', ')}; then systemctl restart systemd-networkd`,
  };
}

/** NetworkManager.conf(5): when it starts it takes addresses and routes off links that are not named as unmanaged. */
function networkManager(root: string): Capability {
  const settings = readSettings(
    ['etc', 'run', 'usr/lib'].map((folder) => join(root, folder, 'NetworkManager')),
    'NetworkManager.conf',
    'conf.d',
  );
  const lists = [...settings].filter(([name]) => /^keyfile\.unmanaged-devices\+?$/i.test(name));
  const devices = [...settings].filter(([name]) => /^device[^.]*\.match-device$/i.test(name));
  const unmanaged = [
    ...lists.map(([, value]) => value),
    ...devices
      .filter(([name]) => settings.get(name.replace(/match-device$/i, 'managed')) === '0')
      .map(([, value]) => value),
  ].flatMap((value) => value.split(/[;,]/).map((one) => one.trim()));
  const purpose = 'leaves the links of lanes alone';
  if (unmanaged.includes('interface-name:sl*')) return { name: 'NetworkManager', present: true, purpose };
  return {
    name: 'NetworkManager',
    present: false,
    purpose,
    instead: 'what it changes of them is put right by the running service-agent',
    remedy:
      'write /etc/NetworkManager/conf.d/50-sublane.conf with the lines [keyfile], unmanaged-devices+=interface-name:sl*; then nmcli general reload',
  };
}

/**
 * The settings of a program, as `Section.Name`: its main file, then the drop-ins in the order of their names; of two of
 * one name the first folder's counts (systemd.unit(5), NetworkManager.conf(5)).
 */
function readSettings(folders: readonly string[], file: string, dropIns = `${file}.d`): ReadonlyMap<string, string> {
  const main = folders.map((folder) => join(folder, file)).find((path) => existsSync(path));
  const pieces = new Map<string, string>();
  for (const folder of folders)
    for (const name of list(join(folder, dropIns)))
      if (name.endsWith('.conf') && !pieces.has(name)) pieces.set(name, join(folder, dropIns, name));
  const ordered = [...pieces].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const settings = new Map<string, string>();
  for (const path of [...(main === undefined ? [] : [main]), ...ordered]) readInto(settings, path);
  return settings;
}

function readInto(settings: Map<string, string>, path: string): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Not for this user to read: as if it were not there.
    return;
  }
  let section = '';
  for (const line of text.split('\n').map((one) => one.trim())) {
    const [, head] = /^\[(.+)\]$/.exec(line) ?? [];
    if (head !== undefined) section = head;
    const [, name, value] = /^([^#;=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = `${section}.${name}`;
    // NetworkManager's way to add to a list.
    settings.set(key, name.endsWith('+') ? `${settings.get(key) ?? ''};${value}` : value);
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
