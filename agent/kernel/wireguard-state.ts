import { failed, ok, type Result } from '@sublane/basics';
import type { Device } from '../lanes/kernel-object.ts';

export type WireguardDevice = Extract<Device, { readonly type: 'wireguard' }>;

/** What a WireGuard link is told, and what it says of itself. Keys are 32 bytes in base64. */
export interface WireguardState {
  readonly privateKey: string;
  readonly peers: readonly WireguardPeer[];
}

export interface WireguardPeer {
  readonly publicKey: string;
  readonly remote: string;
  readonly port: number;
  /** Seconds; 0: none. */
  readonly keepalive: number;
  /** Prefixes, as text. */
  readonly allowed: readonly string[];
}

/** Everything may come and go through the tunnel: the routes choose. */
const EVERYTHING = ['0.0.0.0/0', '::/0'];
/** Seconds; so that a NAT between keeps the way back open (wg(8)). */
const KEEPALIVE = 25;

export const stateOf = ({ remote, port, peerKey }: WireguardDevice, privateKey: string): WireguardState => ({
  privateKey,
  peers: [{ publicKey: peerKey, remote, port, keepalive: KEEPALIVE, allowed: EVERYTHING }],
});

/**
 * The device that was asked for. `keyFile` is the file that its key was read from, `key` what stands there now
 * (undefined: cannot be read, and nothing speaks against it). What nobody could have wanted has an empty peer's key.
 */
export function deviceOf(state: WireguardState | undefined, keyFile: string, key: string | undefined): WireguardDevice {
  const [peer, ...others] = state?.peers ?? [];
  const wanted =
    peer !== undefined &&
    others.length === 0 &&
    peer.keepalive === KEEPALIVE &&
    [...peer.allowed].sort().join() === EVERYTHING.join();
  const sameKey = key === undefined || key === state?.privateKey;
  return {
    type: 'wireguard',
    remote: peer?.remote ?? '',
    port: peer?.port ?? 0,
    peerKey: wanted ? peer.publicKey : '',
    keyFile: sameKey ? keyFile : '',
  };
}

/**
 * A private key as `wg genkey` prints it, and as a device gives it back: with the bits set that Curve25519 wants (RFC
 * 7748 §5). The message never has any of it.
 */
export function parseKey(text: string): Result<string, string> {
  const key = text.trim();
  // 256 bits are 42 characters of six and one of four.
  if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(key)) return failed('holds no key as `wg genkey` prints one');
  const bytes = Buffer.from(key, 'base64');
  bytes.writeUInt8(bytes.readUInt8(0) & 248, 0);
  bytes.writeUInt8((bytes.readUInt8(31) & 127) | 64, 31);
  return ok(bytes.toString('base64'));
}
