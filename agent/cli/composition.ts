import type { Readable, Writable } from 'node:stream';
import type { Log, Milliseconds } from '@sublane/basics';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Engine } from '../lanes/engine.ts';
import type { GroupDns } from '../lanes/render-dns.ts';
import type { PortKernel } from '../ports/port-kernel.ts';
import type { OpenEnrolment } from '../service/enrol.ts';
import type { HeadendLink } from '../service/headend-link.ts';
import type { Claim } from '../service/namespace-claim.ts';
import type { ServiceAgent } from '../service/service-agent.ts';
import type { Places } from './places.ts';

/** What the commands are made of; `main.ts` gives the real parts. Each throws `CommandFailure` for a user's mistake. */
export interface Composition {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Lanes are made and entered by root only. */
  readonly isRoot: boolean;
  /** This machine's, where nobody gave the host another. */
  readonly hostName: string;
  /** Wall time. */
  now(): Milliseconds;
  /** Leads to the headend of a token, for enrolling. */
  readonly openEnrolment: OpenEnrolment;
  config(places: Places): AgentConfig;
  /** The lane engine of this network namespace. No configuration: the defaults, enough to undo and to look. */
  engine(places: Places, config: AgentConfig | undefined): Engine;
  /** The ports of this network namespace. The caller closes it. */
  ports(): PortKernel;
  /** The service with its link to a headend. The caller closes the link. */
  service(places: Places, config: AgentConfig, log?: Log): { agent: ServiceAgent; link: HeadendLink };
  /** Makes this process the one agent of its network namespace; throws where another one keeps the lanes. */
  claim(places: Places): Promise<Claim>;
  /** Runs until `signal`. */
  daemon(places: Places, config: AgentConfig, signal: AbortSignal): Promise<void>;
  /** Turns this process into the command, with name servers of its group's where it has some; throws where that fails. */
  become(command: readonly string[], dns?: GroupDns): never;
}
