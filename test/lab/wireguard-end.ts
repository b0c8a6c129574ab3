import { generateKeyPairSync } from 'node:crypto';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';

/** The provider's end of a WireGuard tunnel, by wireguard-go (wireguard.com/xplatform): this kernel may have none. */
export class WireguardEnd {
  readonly #keys = generateKeyPairSync('x25519');
  /** Sockets of such programs have one folder for all network namespaces. */
  readonly device = `edge${process.pid}-${ends++}`;

  /** As `wg pubkey` prints it. */
  get publicKey(): string {
    return raw(this.#keys.publicKey.export({ format: 'jwk' }).x).toString('base64');
  }

  /** Listens on port 51820, for one host and what its tunnel carries; the device is up and routed to. */
  async start(edge: Namespace, hostKey: string, prefixes: readonly string[]): Promise<void> {
    edge.start(['wireguard-go', '-f', this.device], { env: { LOG_LEVEL: 'silent' } });
    const lines = [
      'set=1',
      `private_key=${raw(this.#keys.privateKey.export({ format: 'jwk' }).d).toString('hex')}`,
      'listen_port=51820',
      `public_key=${Buffer.from(hostKey, 'base64').toString('hex')}`,
      ...prefixes.map((prefix) => `allowed_ip=${prefix}`),
    ];
    for (let tries = 0; ; tries++) {
      const answer = await converse(`/var/run/wireguard/${this.device}.sock`, `${lines.join('\n')}\n\n`);
      if (answer.includes('errno=0\n')) break;
      if (tries === 100) throw new Error(`wireguard-go of the edge: ${answer}`);
      await delay(100);
    }
    const routes = prefixes.map((prefix) => `route add ${prefix} dev ${this.device}`);
    await edge.ip(`link set ${this.device} up`, ...routes);
  }
}

let ends = 0;
const raw = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');

function converse(path: string, question: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = createConnection(path, () => socket.write(question));
    socket.on('data', (data) => {
      answer += data;
      if (answer.endsWith('\n\n')) socket.end();
    });
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve(answer));
  });
}
