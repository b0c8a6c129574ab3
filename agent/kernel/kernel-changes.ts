import { failed, type Milliseconds, ok, type Result, unreachable } from '@sublane/basics';
import { firewallScript } from '../lanes/firewall-script.ts';
import type { ApplyFailure, Ownership } from '../lanes/kernel.ts';
import type { LinkObject, MarkObject, SettingObject } from '../lanes/kernel-object.ts';
import type { Operation } from '../lanes/operation.ts';
import { attachMark, closeDescriptor, detachMark, loadMark } from './bpf.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { DnsRedirect } from './dns-redirect.ts';
import { LeavingSockets } from './leaving-sockets.ts';
import { markProgramName } from './mark-program.ts';
import { IpChanges } from './netlink/ip-changes.ts';
import { type NetlinkFailure, NetlinkSocket, PROTOCOL } from './netlink/netlink-socket.ts';
import { runNft } from './nft-library.ts';
import { ownPrograms } from './own-programs.ts';
import { readSetting, writeSetting } from './setting-files.ts';
import { TcChanges } from './tc-changes.ts';
import { complaint } from './tool.ts';
import { isWireguard, makeWireguard, removeWireguard } from './wireguard.ts';
import { removeDeadSockets } from './wireguard-daemon.ts';

export interface Hands {
  readonly own: Ownership;
  readonly cgroups: CgroupTree | undefined;
  readonly dns: DnsRedirect;
}

/** Carries out operations in order, each by what it is a matter of; stops at the first that fails. */
export async function applyChanges(
  operations: readonly Operation[],
  clock: () => Milliseconds,
  { own, cgroups, dns }: Hands,
): Promise<Result<undefined, ApplyFailure>> {
  const opened = NetlinkSocket.open(PROTOCOL.route);
  if (!opened.ok) return failed({ index: 0, message: opened.failure.message });
  const ip = new IpChanges(opened.value, own, clock);
  const tc = new TcChanges(opened.value, own);
  const directory = (path: string) => cgroups?.directory(path) ?? path;
  const sockets = new LeavingSockets(operations);
  try {
    for (let index = 0; index < operations.length; index++) {
      sockets.before(index);
      const operation = operations[index] as Operation;
      const { verb, object } = operation;
      const leaving = linksLeaving(operations, index);
      const tunnels = leaving.filter(isWireguard).map(({ name }) => name);
      if (leaving.length > 1 && (await removeWireguard(tunnels, () => ip.removeTogether(leaving)))) {
        index += leaving.length - 1;
        continue;
      }
      let message: string | undefined;
      switch (object.kind) {
        case 'link':
          if (verb === 'add' && isWireguard(object)) {
            message = await makeWireguard(object, ip, opened.value);
            break;
          }
          if (verb === 'remove' && isWireguard(object)) {
            message = said(await removeWireguard([object.name], () => ip.apply(verb, object)));
            break;
          }
          message = said(ip.apply(verb, object));
          break;
        case 'active':
        case 'address':
        case 'route':
        case 'rule':
          message = said(ip.apply(verb, object));
          break;
        case 'firewall':
          message = await applyFirewall(operation, clock());
          break;
        case 'qdisc':
        case 'class':
        case 'ingress':
        case 'police':
          message = said(tc.apply(verb, object));
          break;
        case 'setting':
          message = reading(() => applySetting(verb, object));
          break;
        case 'cgroup':
          message = reading(() => {
            if (verb === 'remove') cgroups?.remove(object.path);
            else cgroups?.make(object.path);
            return undefined;
          });
          break;
        case 'mark':
          message = reading(() => applyMark(verb, object, directory(object.path), own));
          break;
        case 'dns':
          message = dns.apply(directory(object.path), verb === 'remove' ? undefined : object.servers);
          break;
        default:
          unreachable(object);
      }
      if (message !== undefined) return failed({ index, message });
    }
    sockets.end();
    if (operations.some(({ verb }) => verb === 'remove')) await removeDeadSockets();
    return ok();
  } finally {
    opened.value.close();
  }
}

const said = (applied: Result<undefined, NetlinkFailure>) => (applied.ok ? undefined : applied.failure.message);

/** The links that go one after the other from here on. */
function linksLeaving(operations: readonly Operation[], start: number): LinkObject[] {
  const leaving: LinkObject[] = [];
  for (let index = start; index < operations.length; index++) {
    const { verb, object } = operations[index] as Operation;
    if (verb !== 'remove' || object.kind !== 'link') break;
    leaving.push(object);
  }
  return leaving;
}

async function applyFirewall(operation: Operation, now: Milliseconds): Promise<string | undefined> {
  const run = await runNft(firewallScript(operation, now).join('\n'));
  return run.status === 0 ? undefined : complaint(run);
}

/** What a file system refused, as a message. */
function reading(work: () => string | undefined): string | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return (error as Error).message;
  }
}

function applySetting(verb: Operation['verb'], { path, value, old, link }: SettingObject): string | undefined {
  if (verb === 'remove') {
    // Someone else has set it meanwhile, or the link is gone: no longer ours to put back.
    if (old !== undefined && readSetting(path) === value) writeSetting(path, old);
    return undefined;
  }
  if (link === undefined && readSetting(path) === undefined) return `there is no /proc/sys/${path}`;
  writeSetting(path, value);
  return undefined;
}

function applyMark(
  verb: Operation['verb'],
  { mark }: MarkObject,
  directory: string,
  own: Ownership,
): string | undefined {
  const before = ownPrograms(directory, own.mark);
  if (verb !== 'remove') {
    const program = loadMark(mark, markProgramName(mark));
    if (!program.ok) return program.message;
    const attached = attachMark(directory, program.value);
    closeDescriptor(program.value);
    if (!attached.ok) return attached.message;
  }
  for (const { id } of before) {
    const detached = detachMark(directory, id);
    if (!detached.ok) return detached.message;
  }
  return undefined;
}
