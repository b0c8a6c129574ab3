import { failed, milliseconds, ok, type Result, systemClock } from '@sublane/basics';
import type { Attribute } from '../codec/attribute.ts';
import { CODE, type Packet } from '../codec/packet.ts';
import { noLog, systemRandom } from '../surroundings.ts';
import { accessExchange, accountingExchange } from './access-exchange.ts';
import {
  type AccessAnswer,
  type AccessRequest,
  DEFAULT_LIMITS,
  type RadiusClient,
  type RadiusClientOptions,
  type RadiusFailure,
  type RadiusLimits,
  type RadiusServer,
  type ServerStatus,
} from './client-types.ts';
import type { Exchange, Link } from './exchange.ts';
import { busy, CLOSED, unsendable } from './failures.ts';
import { retransmissionFor } from './retransmission.ts';
import { ServerLine } from './server-line.ts';
import { Timers } from './timers.ts';
import { TlsLink } from './tls-link.ts';
import { UdpLink } from './udp-link.ts';

/** A client of a group of servers that give the same answers. Nothing is sent before the first request. */
export function createRadiusClient(options: RadiusClientOptions): RadiusClient {
  return new Client(options);
}

type Role = 'authentication' | 'accounting';
type Answered = { readonly server: string; readonly packet: Packet };

interface Server {
  readonly name: string;
  /** With TLS the same for both. */
  readonly lines: Readonly<Record<Role, ServerLine>>;
  rejected: number;
}

interface Job {
  readonly role: Role;
  readonly exchange: Omit<Exchange, 'done'>;
  readonly tried: Map<Server, string>;
  readonly settle: (result: Result<Answered, RadiusFailure>) => void;
}

class Client implements RadiusClient {
  readonly #options: RadiusClientOptions;
  readonly #limits: RadiusLimits;
  readonly #timers: Timers;
  readonly #servers: readonly Server[];
  readonly #asking = new Set<Job>();
  #waiting: Job[] = [];
  #closed = false;

  constructor(options: RadiusClientOptions) {
    check(options);
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#timers = new Timers(options.clock ?? systemClock);
    this.#servers = options.servers.map((server) => this.#open(server));
  }

  async authenticate(request: AccessRequest): Promise<Result<AccessAnswer, RadiusFailure>> {
    const exchange = accessExchange(request, {
      random: this.#options.random ?? systemRandom,
      // Over UDP an answer without one can be forged (CVE-2024-3596); inside TLS it proves nothing more.
      messageAuthenticator: this.#options.transport === 'udp' ? 'mandatory' : 'optional',
    });
    if (exchange === undefined) return failed(unsendable({ kind: 'password-too-long' }));
    const result = await this.#ask('authentication', exchange);
    if (!result.ok) return result;
    const { server, packet } = result.value;
    const { attributes } = packet;
    if (packet.code === CODE.accessAccept) return ok({ answer: 'accept', server, attributes });
    const reason = packet.code === CODE.accessChallenge ? 'challenged' : 'refused';
    return ok({ answer: 'reject', reason, server, attributes });
  }

  async account(attributes: readonly Attribute[]): Promise<Result<undefined, RadiusFailure>> {
    const result = await this.#ask('accounting', accountingExchange(attributes));
    return result.ok ? ok() : result;
  }

  status(): readonly ServerStatus[] {
    return this.#servers.map(({ name, lines, rejected }) => {
      const ones = [...new Set(Object.values(lines))];
      const states = ones.map(({ state }) => state);
      const state = states.includes('dead') ? 'dead' : states.includes('alive') ? 'alive' : 'unknown';
      const sum = (of: (line: ServerLine) => number) => ones.reduce((total, line) => total + of(line), 0);
      return {
        name,
        state,
        requests: sum(({ requests }) => requests),
        timeouts: sum(({ timeouts }) => timeouts),
        rejectedReplies: rejected,
      };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.close();
    const over = [...this.#asking, ...this.#waiting.splice(0)];
    this.#asking.clear();
    for (const { settle } of over) settle(failed(CLOSED));
    await Promise.all(this.#servers.flatMap(({ lines }) => Object.values(lines).map((line) => line.close())));
  }

  #ask(role: Role, exchange: Omit<Exchange, 'done'>): Promise<Result<Answered, RadiusFailure>> {
    return new Promise((settle) => {
      const job: Job = { role, exchange, tried: new Map(), settle };
      if (this.#closed) settle(failed(CLOSED));
      else if (this.#asking.size < this.#limits.inFlight) this.#begin(job);
      else if (this.#waiting.length < this.#limits.queued) this.#waiting.push(job);
      else settle(failed(busy(this.#limits.queued)));
    });
  }

  #begin(job: Job): void {
    this.#asking.add(job);
    this.#askNext(job);
  }

  #askNext(job: Job): void {
    if (!this.#asking.has(job)) return;
    const server = this.#servers.find((one) => one.lines[job.role].available && !job.tried.has(one));
    if (server === undefined) {
      this.#end(job, failed(this.#unreachable(job)));
      return;
    }
    server.lines[job.role].ask(job.exchange, (outcome) => {
      switch (outcome.kind) {
        case 'answered':
          return this.#end(job, ok({ server: server.name, packet: outcome.packet }));
        case 'unsendable':
          return this.#end(job, failed(unsendable(outcome.refusal)));
        case 'silent':
          job.tried.set(server, outcome.trouble);
          // Not at once: its line has yet to conclude what its silence means.
          queueMicrotask(() => this.#askNext(job));
      }
    });
  }

  #end(job: Job, result: Result<Answered, RadiusFailure>): void {
    if (!this.#asking.delete(job)) return;
    job.settle(result);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
  }

  #unreachable({ tried, role }: Job): RadiusFailure {
    const each = this.#servers.map((server) => {
      const trouble = tried.get(server);
      if (trouble !== undefined) return `${server.name}: ${trouble}`;
      const { state } = server.lines[role];
      return `${server.name}: ${state === 'dead' ? 'it did not answer before and is left alone' : 'it is being tried'}`;
    });
    return { kind: 'unreachable', message: `No RADIUS server answered (${each.join('; ')}).` };
  }

  #open(options: RadiusServer): Server {
    const {
      transport,
      timeout = TIMEOUT,
      tls = {},
      deadTime = DEAD_TIME,
      probeInterval = PROBE_INTERVAL,
    } = this.#options;
    const { random = systemRandom, log = noLog } = this.#options;
    const timers = this.#timers;
    const { name, host, secret = '' } = options;
    const onRejected = (rejection: string) => {
      server.rejected++;
      log.debug({ server: name, rejection }, 'RADIUS packet ignored');
    };
    const line = (link: Link) => new ServerLine({ server: name, link, deadTime, probeInterval, timers, random, log });
    const udp = (port: number) =>
      line(new UdpLink({ host, port, secret, retransmission: retransmissionFor(timeout), timers, random, onRejected }));
    const both = (port: number): Server['lines'] => {
      const { connections } = this.#limits;
      const one = line(new TlsLink({ host, port, tls, connections, timeout, timers, random, onRejected }));
      return { authentication: one, accounting: one };
    };
    const { authenticationPort, accountingPort = 1813 } = options;
    const lines =
      transport === 'tls'
        ? both(authenticationPort ?? 2083)
        : { authentication: udp(authenticationPort ?? 1812), accounting: udp(accountingPort) };
    const server: Server = { name, lines, rejected: 0 };
    return server;
  }
}

const TIMEOUT = milliseconds(5_000);
const DEAD_TIME = milliseconds(30_000);
/** The shortest that RFC 3539 §3.4.1 allows. */
const PROBE_INTERVAL = milliseconds(6_000);

/** What a program can only get wrong by mistake. */
function check({ servers, transport, limits = {} }: RadiusClientOptions): void {
  if (servers.length === 0) throw new RangeError('a RADIUS client without servers');
  if (new Set(servers.map(({ name }) => name)).size < servers.length) throw new RangeError('two servers of one name');
  const without = servers.find(({ secret = '' }) => secret.length === 0);
  if (transport === 'udp' && without !== undefined) throw new RangeError(`no secret for server ${without.name}`);
  const { inFlight = 1, connections = 1, queued = 0 } = limits;
  if (!(inFlight >= 1 && inFlight <= 512 && connections >= 1 && connections <= 64 && queued >= 0)) {
    throw new RangeError('limits of a RADIUS client out of their ranges');
  }
}
