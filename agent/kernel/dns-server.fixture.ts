import { type Namespace, PYTHON, type Running, toolPath } from '../../test/lab/index.ts';

/** A question as a server saw it. */
export interface Question {
  readonly name: string;
  readonly over: 'udp' | 'tcp';
  readonly from: string;
  readonly at: string;
}

/** A DNS server in a namespace of the lab; its addresses answer with the numbers given. */
export class DnsServer {
  readonly #program: Running;

  private constructor(program: Running) {
    this.#program = program;
  }

  static async start(namespace: Namespace, places: readonly (readonly [string, number])[]): Promise<DnsServer> {
    const words = places.map(([address, number]) => `${address}/${number}`);
    const program = namespace.start([PYTHON, toolPath('dns-server.py'), ...words]);
    await program.printed(/^ready$/m);
    return new DnsServer(program);
  }

  /** The questions since the last call. */
  async asked(): Promise<readonly Question[]> {
    const from = this.#program.output.length;
    this.#program.write('\n');
    const [line] = await this.#program.printed(/^\[.*\]$/m, { from });
    return JSON.parse(line) as Question[];
  }
}
