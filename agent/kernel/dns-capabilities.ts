import { existsSync, readFileSync } from 'node:fs';
import type { Capability } from '../lanes/capability.ts';
import { closeDescriptor } from './bpf-syscall.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { loadDns } from './dns-redirect.ts';
import { asksTheHost } from './name-service.ts';

/** Whether a group's DNS queries can be led to its own servers, and whether programs here send such queries at all. */
export const dnsCapabilities = (root: boolean): readonly Capability[] => [redirection(root), lookup()];

const REDIRECTION = {
  name: 'dns-redirect',
  purpose:
    'leads DNS queries of unmodified applications to their group’s servers: eBPF on connect, sendmsg and recvmsg',
  instead: 'only what is started with exec asks the group’s DNS servers',
} as const;

function redirection(root: boolean): Capability {
  // That there is no cgroup2 tree is said elsewhere.
  if (!root) return { ...REDIRECTION, present: CgroupTree.find() !== undefined };
  const loaded = loadDns([]);
  if (loaded.ok) {
    for (const program of loaded.value) closeDescriptor(program);
    return { ...REDIRECTION, present: true };
  }
  return {
    ...REDIRECTION,
    present: false,
    remedy: 'a kernel of 5.3 or later with CONFIG_CGROUP_BPF, on x86-64 or arm64',
    detail: loaded.message,
  };
}

function lookup(): Capability {
  const services = [
    ...asksTheHost(contentOf('/etc/nsswitch.conf')).map((service) => `${service} in /etc/nsswitch.conf`),
    ...(existsSync('/run/nscd/socket') ? ['nscd'] : []),
  ];
  return {
    name: 'name-lookup',
    present: services.length === 0,
    purpose: 'programs look names up by DNS queries of their own, which can be redirected',
    instead: 'a service of the host looks names up for programs that exec has not started, by the host’s own way',
    remedy: 'start applications with exec, or take resolve out of the hosts line of /etc/nsswitch.conf and stop nscd',
    ...(services.length > 0 && { detail: services.join(', ') }),
  };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
