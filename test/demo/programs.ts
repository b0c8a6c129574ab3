import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended, Namespace, Running } from '../lab/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

/** One of the two real programs, in its namespace and with its folder. */
export class Program {
  readonly name: 'headend' | 'service-agent';
  readonly namespace: Namespace;
  readonly folder: string;
  readonly #env = {
    PATH: [BIN, process.env.PATH].join(delimiter),
    NO_COLOR: '1',
    // Dozens of starts in a minute: what one of them compiled, the next need not compile again.
    NODE_COMPILE_CACHE: join(ROOT, '.cache/compiled'),
  };

  constructor(name: 'headend' | 'service-agent', namespace: Namespace, folder: string) {
    this.name = name;
    this.namespace = namespace;
    this.folder = folder;
  }

  /** A whole command line; the folder stands right behind the command's own words (`pool add`, `exec`). */
  argv(...words: readonly string[]): readonly string[] {
    const own = this.name === 'headend' && words[1] !== undefined && !words[1].startsWith('-') ? 2 : 1;
    return [join(BIN, this.name), ...words.slice(0, own), '--dir', this.folder, ...words.slice(own)];
  }

  run(...words: readonly string[]): Promise<Ended> {
    return this.namespace.run(this.argv(...words), { env: this.#env });
  }

  /** Runs a command that must succeed; returns what it printed on stdout. */
  async must(...words: readonly string[]): Promise<string> {
    return this.feed('', ...words);
  }

  /** As `must`, with something on standard input. */
  async feed(input: string, ...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.namespace.run(this.argv(...words), { env: this.#env, input });
    if (code !== 0) throw new Error(`${this.name} ${words.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
    return stdout;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.must(...words, '--json')) as T;
  }

  start(...words: readonly string[]): Running {
    return this.namespace.start(this.argv(...words), { env: this.#env });
  }
}
