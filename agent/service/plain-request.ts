import { elementText, type RpcError } from '@sublane/netconf';
import type { RpcInput, SubscriberServiceMessageInput } from '@sublane/yang';
import type { HostIdentity } from './host-identity.ts';

/** What sublane-service adds to a request, by the names a headend complains of. */
const ADDED: Readonly<Record<keyof HostIdentity, string>> = {
  'sublane-service:wireguard-public-key': 'wireguard-public-key',
  'sublane-service:host-address': 'host-address',
};
const NAMESPACE = 'urn:sublane:params:xml:ns:yang:sublane-service';

/** A request of the messages alone: what sublane-service adds is left out. */
export function plainRequest(message: SubscriberServiceMessageInput): SubscriberServiceMessageInput {
  const {
    'sublane-service:wireguard-public-key': _key,
    'sublane-service:host-address': _addresses,
    ...plain
  } = message;
  return plain;
}

/** What a request says of the host, in an rpc of sublane-service itself. */
export function ownTerms({
  'sublane-service:wireguard-public-key': key,
  'sublane-service:host-address': addresses,
}: HostIdentity): Pick<RpcInput<'sublane-service:get-available-services'>, 'wireguard-public-key' | 'host-address'> {
  return {
    ...(key !== undefined && { 'wireguard-public-key': key }),
    ...(addresses !== undefined && { 'host-address': addresses }),
  };
}

/**
 * Whether these errors say no more than that the headend's schema has none of what sublane-service adds to a request. No
 * revision tells: an older headend, or one of another make, announces what it likes.
 */
export const knowsNoAdditions = (errors: readonly RpcError[]): boolean =>
  errors.length > 0 && errors.every(complainsOfAdded);

/** RFC 6241 Appendix A: what stands in error-info. Nothing else of a request is in the namespace. */
function complainsOfAdded({ tag, info = [] }: RpcError): boolean {
  const said = (name: string) => {
    const element = info.find((one) => one.name === name);
    return element && elementText(element).trim();
  };
  if (tag === 'unknown-namespace') return said('bad-namespace') === NAMESPACE;
  const name = said('bad-element')?.split(':').at(-1) ?? '';
  return tag === 'unknown-element' && Object.values(ADDED).includes(name);
}
