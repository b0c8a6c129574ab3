import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { connectUnix } from 'netconf-client';
import { askDaemon } from '../../agent/service/control-client.ts';
import type { AgentStatus, GroupStatus } from '../../agent/service/status.ts';
import { Program } from '../demo/programs.ts';
import { type AccessNetwork, ADDRESSES, Lab, type Namespace, openAccessNetwork, type Running } from '../lab/index.ts';
import { hostKey, Operator } from '../programs/index.ts';
import { eventually } from './headend-program.ts';

/** A subscriber's host, the provider's edge with the real headend, and a server, in namespaces. */
export class ServiceAgentLab {
  readonly lab: Lab;
  readonly network: AccessNetwork;
  readonly headend: Program;
  /** The fingerprint that agents pin. */
  readonly hostKey: string;
  #serving: Running;
  #operator: Operator | undefined;
  /** What `headend serve` has printed, over all its starts. */
  #log = '';

  private constructor(lab: Lab, network: AccessNetwork, headend: Program, key: string, serving: Running) {
    this.lab = lab;
    this.network = network;
    this.headend = headend;
    this.hostKey = key;
    this.#serving = serving;
  }

  static async open(configuration: Parameters<Operator['configure']>[0]): Promise<ServiceAgentLab> {
    const lab = Lab.open();
    try {
      const network = await openAccessNetwork(lab);
      const headend = new Program('headend', network.edge, join(lab.folder, 'headend'));
      const made = await headend.must('init', '--listen', `${ADDRESSES.edge.v4}:8830`, '--name', 'edge');
      const key = /SHA256:[A-Za-z0-9+/]{43}/.exec(made)![0];
      const serving = headend.start('serve');
      await serving.printed(/^headend ready on /m);
      const opened = new ServiceAgentLab(lab, network, headend, key, serving);
      await (await opened.operator()).configure(configuration);
      return opened;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** A session of the operator who may do everything, in this process. */
  async operator(): Promise<Operator> {
    this.#operator ??= new Operator(unwrap(await connectUnix(join(this.headend.folder, 'headend.sock'))));
    return this.#operator;
  }

  get headendLog(): string {
    return this.#log + this.#serving.output;
  }

  async killHeadend(): Promise<void> {
    await this.#serving.stop('SIGKILL');
    this.#log += this.#serving.output;
    this.#operator?.client.destroy();
    this.#operator = undefined;
  }

  async startHeadend(): Promise<void> {
    this.#serving = this.headend.start('serve');
    await this.#serving.printed(/^headend ready on /m);
  }

  /** An agent on the host, its folder and key made; enrolled for `subscriber` where one is named. */
  async agent(hostId: string, settings: AgentSettings): Promise<Agent> {
    const agent = new Agent(this, hostId, settings.namespace);
    agent.configure(settings);
    if (settings.subscriber !== undefined) {
      const operator = await this.operator();
      await operator.call('sublane-headend:add-host', {
        'host-id': hostId,
        subscriber: settings.subscriber,
        'public-key': agent.publicKey,
      });
    }
    return agent;
  }

  async close(): Promise<void> {
    this.#operator?.client.destroy();
    await this.lab.close();
  }
}

export interface AgentSettings {
  /** Whose host it is; undefined: it is not enrolled. */
  readonly subscriber?: string;
  /** Lines of agent.yaml, from `groups:` on or before. */
  readonly yaml: string;
  readonly port?: number;
  readonly hostKey?: string;
  /** Default: the host's. */
  readonly namespace?: Namespace;
}

/** The real service-agent in the host's or another namespace, with a folder of its own. */
export class Agent {
  readonly #lab: ServiceAgentLab;
  readonly hostId: string;
  readonly folder: string;
  readonly program: Program;
  readonly publicKey: string;
  #daemons: Running[] = [];
  /** Everything its commands have printed. */
  printed = '';

  constructor(lab: ServiceAgentLab, hostId: string, namespace = lab.network.host) {
    this.#lab = lab;
    this.hostId = hostId;
    this.folder = join(lab.lab.folder, hostId);
    mkdirSync(this.folder, { mode: 0o700 });
    const key = hostKey(hostId);
    this.publicKey = key.public;
    writeFileSync(join(this.folder, 'id_ed25519'), key.private, { mode: 0o600 });
    this.program = new Program('service-agent', namespace, this.folder);
  }

  /** Writes agent.yaml. */
  configure({ yaml, port = 8830, hostKey: pinned = this.#lab.hostKey }: AgentSettings): void {
    const text = [
      `host-id: ${this.hostId}`,
      `headends: [ { address: ${ADDRESSES.edge.v4}, port: ${port}, host-keys: [ "${pinned}" ] } ]`,
      `cgroup-slice: ${this.#lab.lab.slice}`,
      yaml,
    ].join('\n');
    writeFileSync(join(this.folder, 'agent.yaml'), `${text}\n`, { mode: 0o600 });
  }

  /** Runs a command to its end; `code stderr`, and what it printed. */
  async run(...words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const ended = await this.program.run(...words);
    this.printed += ended.stdout + ended.stderr;
    return ended;
  }

  /** A command that must succeed; its stdout. */
  async must(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    if (code !== 0) throw new Error(`service-agent ${words.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.must(...words, '--json')) as T;
  }

  /** `code message` of a command that must fail, without a stack trace. */
  async refusal(...words: readonly string[]): Promise<string> {
    const { code, stderr } = await this.run(...words);
    if (code === 0) throw new Error(`service-agent ${words.join(' ')} succeeded`);
    if (/\n\s+at /.test(stderr)) throw new Error(`a stack trace: ${stderr}`);
    return `${code} ${stderr}`;
  }

  /** Starts the daemon, and waits until every group's fate is known (or, with `until`, what that says). */
  async start(until: (status: AgentStatus) => boolean = isDecided): Promise<Running> {
    const daemon = this.program.start('run');
    this.#daemons.push(daemon);
    await this.becomes(until, daemon);
    return daemon;
  }

  /** What the daemon prints of its state once it is so. */
  becomes(until: (status: AgentStatus) => boolean, daemon = this.#daemons.at(-1)): Promise<AgentStatus> {
    return eventually(async () => {
      if (daemon !== undefined && !daemon.isRunning) throw new Error(`the daemon ended: ${daemon.output}`);
      const asked = await askDaemon<AgentStatus, never>(join(this.folder, 'agent.sock'), 'GET', '/status');
      return asked.ok && until(asked.value) && asked.value;
    });
  }

  /** Everything its daemons have printed. */
  get log(): string {
    return this.#daemons.map(({ output }) => output).join('');
  }

  status(): Promise<AgentStatus> {
    return this.json('status');
  }
}

const isDecided = ({ headend, groups }: AgentStatus) =>
  headend.connected && groups.every(({ state }) => state === 'active' || state === 'refused' || state === 'released');

/** Each group's state, by name. */
export const statesOf = ({ groups }: AgentStatus): Record<string, GroupStatus['state']> =>
  Object.fromEntries(groups.map(({ name, state }) => [name, state]));

/** A group's IPv4 and IPv6 address. */
export function addressesOf({ groups }: AgentStatus, name: string): readonly [v4: string, v6: string] {
  const addresses = groups.find((group) => group.name === name)?.addresses ?? [];
  return [addresses.find((one) => one.includes('.')) ?? '', addresses.find((one) => one.includes(':')) ?? ''];
}
