import { fileURLToPath } from 'node:url';
import type { Running } from './command.ts';
import type { Namespace } from './namespace.ts';

/** Packets of one source, DSCP, protocol and destination port, as they arrived. */
export interface Flow {
  readonly family: 4 | 6;
  readonly source: string;
  readonly dscp: number;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Destination port; 0 for icmp. */
  readonly port: number;
  readonly packets: number;
  /** Layer 3. */
  readonly bytes: number;
  /** Layer 3 kbit/s after the first half second; null for a flow that was shorter. */
  readonly kbps: number | null;
}

/** Watches what arrives on a device of a namespace. */
export class Observer {
  readonly #program: Running;

  private constructor(program: Running) {
    this.#program = program;
  }

  static async open(namespace: Namespace, device: string): Promise<Observer> {
    const program = namespace.start([PYTHON, toolPath('observer.py'), device]);
    await program.printed(/^ready$/m);
    return new Observer(program);
  }

  /** The flows since the last call. */
  async flows(): Promise<readonly Flow[]> {
    const from = this.#program.output.length;
    this.#program.write('\n');
    const [line] = await this.#program.printed(/^\[.*\]$/m, { from });
    return JSON.parse(line) as Flow[];
  }
}

/** Debian's, whatever else stands earlier in PATH. */
export const PYTHON = '/usr/bin/python3';

/** One of the small programs beside this file: they need only Debian's python3. */
export const toolPath = (name: string): string => fileURLToPath(new URL(`./tools/${name}`, import.meta.url));
