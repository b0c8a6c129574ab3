import type { PortFact, PortHeld, PortMeans, PortStep, PortWish } from './port-kernel.ts';

export interface PortPlan {
  readonly steps: readonly PortStep[];
  readonly ports: readonly PortState[];
}

/** What has become of a port of the configuration. */
export interface PortState {
  readonly port: PortWish;
  readonly state: 'bound' | 'to-do' | 'absent' | 'occupied' | 'unsupported';
  readonly held?: PortHeld;
  /** For people, where it is not bound. */
  readonly note?: string;
}

/**
 * From what the configuration wants and what links there are, to what is to be done (MidoNet, "Midolman": "Remove any
 * existing configuration that exists for this interface"; "IF the triad has a rate and burst set, … police this
 * interface"). What is not ours is left, unless the configuration says to replace it.
 */
export function planPorts(
  wanted: readonly PortWish[],
  facts: readonly PortFact[],
  means: PortMeans | undefined,
): PortPlan {
  const names = new Set(wanted.map((port) => port.interface));
  const steps: PortStep[] = facts
    .filter((fact) => fact.owner === 'ports' && !names.has(fact.interface))
    .map((fact) => ({ do: 'unbind', fact }));
  const ports = wanted.map((port) => {
    const { step, ...state } = decide(
      port,
      facts.find((one) => one.interface === port.interface),
      means,
    );
    if (step !== undefined) steps.push(step);
    return state;
  });
  return { steps, ports };
}

function decide(
  port: PortWish,
  fact: PortFact | undefined,
  means: PortMeans | undefined,
): PortState & { readonly step?: PortStep } {
  if (fact === undefined) return { port, state: 'absent', note: `there is no interface ${port.interface} now` };
  const { owner, held } = fact;
  if (owner === 'ports' && held !== undefined && isAsWanted(held, port, means ?? held.means))
    return { port, state: 'bound', held };
  if (means === undefined)
    return {
      port,
      state: 'unsupported',
      note: 'this kernel has neither act_police, nor cls_bpf, nor ifb (see doctor)',
    };
  if (owner === 'lanes')
    return { port, state: 'occupied', note: `lanes stand on ${port.interface}: their own rates are held there` };
  if (owner === 'others' && !port.replace) return { port, state: 'occupied', note: occupiedNote(port) };
  if (owner !== 'ports')
    return { port, state: 'to-do', step: { do: 'bind', fact, port, means, replace: owner === 'others' } };
  return { port, state: 'to-do', step: { do: 'change', fact, port, means } };
}

/** The kernel has bursts as time, in pieces of 64 ns. */
const isAsWanted = (held: PortHeld, { rate, burst }: PortWish, means: PortMeans) =>
  held.means === means && held.rate === rate && Math.abs(held.burst - burst) <= 1 + rate * 125 * 64e-9;

const occupiedNote = (port: PortWish) =>
  `${port.interface} has an ingress qdisc that is not ours: left as it is. \`tc filter show dev ${port.interface} ingress\` shows what it does; \`replace: true\` on this port takes it away`;
