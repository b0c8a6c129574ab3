import type { WireguardPeer, WireguardState } from './wireguard-state.ts';

/** The text protocol of WireGuard programs (wireguard.com/xplatform): lines of `name=value`, ended by an empty one. */

export const QUESTION = 'get=1\n\n';

/** The whole of what a device shall be. */
export function encodeState({ privateKey, peers }: WireguardState): string {
  const lines = ['set=1', `private_key=${hex(privateKey)}`, 'replace_peers=true'];
  for (const { publicKey, remote, port, keepalive, allowed } of peers) {
    const host = remote.includes(':') ? `[${remote}]` : remote;
    lines.push(`public_key=${hex(publicKey)}`, `endpoint=${host}:${port}`);
    lines.push(`persistent_keepalive_interval=${keepalive}`, 'replace_allowed_ips=true');
    for (const prefix of allowed) lines.push(`allowed_ip=${prefix}`);
  }
  return `${lines.join('\n')}\n\n`;
}

/** Undefined where the answer is no state: cut short, refused, or not of this protocol. */
export function readState(answer: string): WireguardState | undefined {
  if (readError(answer) !== 0) return undefined;
  let privateKey = '';
  const peers: { -readonly [Name in keyof WireguardPeer]: WireguardPeer[Name] }[] = [];
  for (const line of answer.split('\n')) {
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    const peer = peers.at(-1);
    if (name === 'private_key') privateKey = base64(value);
    else if (name === 'public_key')
      peers.push({ publicKey: base64(value), remote: '', port: 0, keepalive: 0, allowed: [] });
    else if (peer === undefined) continue;
    else if (name === 'persistent_keepalive_interval') peer.keepalive = Number(value);
    else if (name === 'allowed_ip') peer.allowed = [...peer.allowed, value];
    else if (name === 'endpoint') {
      const colon = value.lastIndexOf(':');
      peer.remote = value.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
      peer.port = Number(value.slice(colon + 1));
    }
  }
  return { privateKey, peers };
}

/** The number at the end of an answer: 0, or an errno, negative or not. Undefined where the answer has not ended. */
export function readError(answer: string): number | undefined {
  const match = /(?:^|\n)errno=(-?\d+)\n\n$/.exec(answer);
  return match === null ? undefined : Math.abs(Number(match[1]));
}

const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
