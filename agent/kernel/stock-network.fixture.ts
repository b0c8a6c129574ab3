import { spawnSync } from 'node:child_process';

/** Ends at the first command that fails, and throws then; else what it printed. */
export function sh(script: string): string {
  const run = spawnSync('sh', ['-ec', script]);
  if (run.status !== 0) throw new Error(`${script}: ${run.stdout}${run.stderr}`);
  return run.stdout.toString();
}

export const HOST = { v4: '192.0.2.7', v6: '2001:db8:a::7' } as const;
export const EDGE = { v4: '192.0.2.1', v6: '2001:db8:a::1' } as const;

/**
 * In a kernel that was just started, whose network nobody else uses:
 *
 *     (host) ──uplink────access── edge (198.51.100.10, 2001:db8:b::10)
 */
export function openStockNetwork(): void {
  sh(`
    ip netns add edge
    ip link add uplink type veth peer name access netns edge
    ip link set uplink up
    ip -n edge link set access up
    ip -n edge link set lo up
    ip address add ${HOST.v4}/24 dev uplink
    ip address add ${HOST.v6}/64 dev uplink nodad
    ip -n edge address add ${EDGE.v4}/24 dev access
    ip -n edge address add 198.51.100.10/32 dev lo
    ip -n edge address add ${EDGE.v6}/64 dev access nodad
    ip -n edge address add 2001:db8:b::10/128 dev lo
    ip route add default via ${EDGE.v4}
    ip route add default via ${EDGE.v6}
    while ip -6 address show tentative | grep -q inet6; do sleep 0.1; done
  `);
}
