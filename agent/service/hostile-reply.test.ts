import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_ACCEPT_RULES } from '../config/accept-rules.ts';
import type { KernelObject } from '../lanes/kernel-object.ts';
import { acceptReply } from './accept-reply.ts';
import { engineHost, HOME } from './engine-host.fixture.ts';
import { hostileReply } from './hostile-reply.fixture.ts';

const OWN = new Set(HOME.addresses.map(({ address }) => address));
const SPECIAL =
  /^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.|::1?$|::ffff:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/;
const isOwnLink = (name: string) => /^sl[0-9a-z-]{1,13}$/.test(name);
/** What is ours, or the interface that lanes are to stand on. */
const isAllowedLink = (name: string) => isOwnLink(name) || name === 'eth0';

/** By what an object touches more than it may; written without the code that decides it. */
function trespass(one: KernelObject): string | undefined {
  switch (one.kind) {
    case 'link': {
      if (!isOwnLink(one.name)) return 'a link that is not ours';
      const { device } = one;
      if ('parent' in device && !isAllowedLink(device.parent)) return 'a link on another';
      if ('remote' in device && (OWN.has(device.remote) || SPECIAL.test(device.remote))) return 'a tunnel to this host';
      return device.type === 'wireguard' && device.keyFile !== '/state/wireguard.key' ? 'another file' : undefined;
    }
    case 'active':
    case 'qdisc':
    case 'class':
    case 'ingress':
    case 'police':
      return isAllowedLink(one.link) || (one.kind === 'ingress' && one.link === 'lo') ? undefined : `link ${one.link}`;
    case 'address':
      if (OWN.has(one.address) || SPECIAL.test(one.address)) return 'an address it may not have';
      return isAllowedLink(one.link) || one.link === 'lo' ? undefined : `link ${one.link}`;
    case 'route':
      if (![510_001, 510_002, 575_519].includes(one.table)) return `table ${one.table}`;
      if (one.destination !== 'default' && SPECIAL.test(one.destination)) return 'a route to what is special';
      if (/^192\.168\.7\./.test(one.destination)) return 'a route into the home network';
      if (OWN.has(one.via ?? '')) return 'a route by this host';
      return one.link === undefined || isAllowedLink(one.link) ? undefined : `link ${one.link}`;
    case 'rule': {
      if (one.preference < 30_000 || one.preference > 30_002) return `preference ${one.preference}`;
      const own = [510_001, 510_002, 575_519].includes(one.table);
      const outer = one.table === 254 && one.mark?.value === 0x5b000000 && one.udpPort !== undefined;
      // What others of the host have routes for within a prefix that was delegated to it, whole.
      const isDelegated =
        /^[0-9a-f:]+\/(4[89]|[5-9]\d|1[01]\d|12[0-7])$/.test(one.to ?? '') && !SPECIAL.test(one.to ?? '');
      const within = one.table === 254 && one.specific === true && isDelegated;
      if (!own && !outer && !within) return `table ${one.table}`;
      if (isDelegated) return undefined;
      if (one.from !== undefined && (OWN.has(one.from) || SPECIAL.test(one.from))) return 'packets of the host';
      return one.from === undefined && one.mark === undefined ? 'everybody’s packets' : undefined;
    }
    case 'setting':
      return /^net\/ipv[46]\/conf\/(eth0|sl[0-9a-z-]{1,13})\/(arp_ignore|arp_announce|rp_filter|accept_ra|autoconf|disable_ipv6)$/.test(
        one.path,
      )
        ? undefined
        : one.path;
    case 'firewall': {
      if (one.table !== 'sublane') return `table ${one.table}`;
      return one.script.find(
        (line) => !/^add (counter|map|chain|rule) inet sublane [^\n;#$]*(\{[^{}\n]*\}[^\n;]*)*$/.test(line),
      );
    }
    case 'cgroup':
    case 'mark':
    case 'dns': {
      if (!/^sublane\.slice(\/g\d{1,5})?$/.test(one.path)) return `cgroup ${one.path}`;
      return one.kind === 'dns' ? one.servers.find((server) => OWN.has(server) || SPECIAL.test(server)) : undefined;
    }
  }
}

test('whatever a headend grants: what comes of it in the kernel is ours, and nothing else', async () => {
  const lackings = fc.constantFrom([], ['ipvlan'], ['ipvlan', 'macvlan', 'dummy'], ['cgroup-mark'], ['ipv6']);
  let made = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(hostileReply, lackings, async (groups, lacks) => {
      const verdict = acceptReply({ groups, standing: [], isNew: () => true, rules: DEFAULT_ACCEPT_RULES, host: HOME });
      expect(verdict.accepted.length + verdict.refused.size).toBe(groups.length);
      refused += verdict.refused.size;
      for (const refusals of verdict.refused.values())
        for (const { rule, path, why } of refusals) expect([rule, path, why]).not.toContain('');
      const { host, kernel, held } = engineHost({ lacks });
      // One at a time: one that the kernel cannot make hides no other.
      for (const group of verdict.accepted) {
        const reached = await host.apply([held(group)]);
        if (reached.ok) made++;
        for (const object of kernel.objects) expect([trespass(object), object]).toEqual([undefined, object]);
        expect(JSON.stringify(kernel.objects)).not.toContain('mischief');
        expect(kernel.settings.get('net/ipv4/conf/br-lan/arp_ignore')).toBe('0');
      }
      await host.undo();
      expect(kernel.objects).toEqual([]);
    }),
    { numRuns: 400 },
  );
  // Both happen often enough for this to say something.
  expect(made).toBeGreaterThan(30);
  expect(refused).toBeGreaterThan(100);
});
