import type { AgentConfig } from '../config/agent-config.ts';
import { canonicalAddress } from '../lanes/ip-address.ts';
import type { Wish } from '../lanes/wish.ts';
import { acceptReply } from './accept-reply.ts';
import type { Judge } from './grants.ts';
import { addressesOf } from './lane-wish-of.ts';
import { type NetworkSources, ownNetworks, tracesOf } from './own-networks.ts';

export interface JudgeParts {
  readonly config: Pick<AgentConfig, 'accept' | 'uplink' | 'direct'>;
  /** The host's networks as they are now. */
  readonly sources: () => NetworkSources;
  /** What stands on the host: its addresses are the lanes', on whichever interface they are. */
  readonly standing: () => Wish | undefined;
  /** `ADDRESS:PORT` of the headend in use. */
  readonly headend: () => string;
  readonly wireguardPublicKey: () => string | undefined;
}

/** Judges by the rules of the configuration and by what the host is at the moment of the question. */
export function replyJudge({ config, sources, standing, headend, wireguardPublicKey }: JudgeParts): Judge {
  return (question) => {
    const lanes = tracesOf(standing());
    const held = question.standing.flatMap((group) => addressesOf(group));
    const traces = {
      ...lanes,
      addresses: new Set([...lanes.addresses, ...held.map(({ address }) => canonicalAddress(address) ?? address)]),
    };
    const address = addressIn(headend());
    const key = wireguardPublicKey();
    return acceptReply({
      ...question,
      rules: config.accept,
      host: {
        ...ownNetworks(sources(), traces),
        ...(config.uplink !== 'auto' && { uplink: config.uplink }),
        direct: config.direct,
        ...(address !== undefined && { headend: address }),
        ...(key !== undefined && { wireguardPublicKey: key }),
      },
    });
  };
}

/** The address in `192.0.2.1:830` or `[2001:db8::1]:830`; undefined for a name. */
const addressIn = (door: string): string | undefined =>
  canonicalAddress(door.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
