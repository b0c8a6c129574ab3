import { ok, systemClock, unwrap } from '@sublane/basics';
import { childElement, childElements, elementText, type RpcError, type XmlElement } from '@sublane/netconf';
import { encodeRpc, type RpcInput, type RpcName } from '@sublane/yang';
import { type ConnectFailure, connect, type NetconfClient } from 'netconf-client';
import ssh2 from 'ssh2';
import type { AgentConfig } from '../../agent/config/agent-config.ts';
import type { HeadendLink } from '../../agent/service/headend-link.ts';
import { userPassword } from '../../agent/service/user-password.ts';

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

export function newKey(comment: string): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    // ssh2 drops a leading zero byte in one key of 256.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

const SERVICE = 'urn:sublane:params:xml:ns:yang:sublane-service';
const PORTAL = 'urn:ietf:params:xml:ns:yang:ietf-portal-backend-message';

type Group = RpcInput<'ietf-subscriber-service-message:subscriber-service-message'>['application-group'] extends
  | readonly (infer G)[]
  | undefined
  ? G
  : never;

/** What a group was given. */
export interface Lane {
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  readonly dscp: string | undefined;
  readonly lease: string | undefined;
}

/** What one request was refused with: `tag code`, with what error-info says of it. */
export interface Refused {
  readonly codes: readonly string[];
  readonly errors: readonly RpcError[];
}

/** A host, as the headend sees one: a NETCONF session of its own key. */
export class Host {
  readonly client: NetconfClient;
  readonly hostId: string;

  constructor(client: NetconfClient, hostId: string) {
    this.client = client;
    this.hostId = hostId;
  }

  static async connect(port: number, hostId: string, key: KeyPair, hostKey: string): Promise<Host | ConnectFailure> {
    const opened = await connect({
      host: '127.0.0.1',
      port,
      user: hostId,
      privateKey: key.private,
      hostKey: { fingerprints: [hostKey] },
    });
    return opened.ok ? new Host(opened.value, hostId) : opened.failure;
  }

  static async open(port: number, hostId: string, key: KeyPair, hostKey: string): Promise<Host> {
    const host = await Host.connect(port, hostId, key, hostKey);
    if (host instanceof Host) return host;
    throw new Error(host.message);
  }

  async call<Name extends RpcName>(name: Name, input: RpcInput<Name>): Promise<XmlElement | Refused> {
    return this.send(encodeRpc(name, input));
  }

  async send(xml: string): Promise<XmlElement | Refused> {
    const reply = await this.client.rpc(xml);
    if (reply.ok) return reply.value.content;
    if (reply.failure.kind !== 'refused') throw new Error(reply.failure.message);
    const { errors } = reply.failure;
    return { errors, codes: errors.map(({ tag, appTag }) => `${tag} ${appTag ?? '-'}`) };
  }

  /** Asks for lanes; what each group got, or why not. */
  async request(groups: readonly Group[], more: Record<string, string> = {}): Promise<Record<string, Lane> | Refused> {
    const answer = await this.call('ietf-subscriber-service-message:subscriber-service-message', {
      'host-id': this.hostId,
      location: 'auto',
      ...more,
      'application-group': groups,
    });
    return 'codes' in answer ? answer : lanesOf(answer);
  }

  /** The `user-password` of the real agent, to the key this headend publishes. */
  async password(userName: string, passwordFile: string, hostId = this.hostId): Promise<Record<string, string>> {
    const reply = unwrap(await this.client.get({ filter: { subtree: `<headend-keys xmlns="${SERVICE}"/>` } }));
    const keys = childElement(reply.data, 'headend-keys', SERVICE)!;
    const key = childElement(keys, 'password-encryption-key')!;
    const published = { kid: textOf(key, 'kid')!, jwk: textOf(key, 'public-jwk')! };
    const sealed = await userPassword(
      { hostId, subscriber: { userName, passwordFile } } as AgentConfig,
      { passwordKey: async () => ok(published) } as unknown as HeadendLink,
      systemClock,
    );
    return { 'user-name': userName, 'user-password': unwrap(sealed)! };
  }
}

export function lanesOf(reply: XmlElement): Record<string, Lane> {
  const message = childElement(reply, 'sp-service-message');
  if (message === undefined) throw new Error('the reply has no sp-service-message');
  if (message.namespace !== PORTAL && message.namespace !== SERVICE) throw new Error(message.namespace);
  const groups = childElements(message).filter(({ name }) => name === 'application-group');
  return Object.fromEntries(
    groups.map((group) => {
      const address = (family: string) =>
        ['access-interface-cfg', family, 'address'].reduce<XmlElement | undefined>(
          (element, name) => element && childElement(element, name),
          group,
        );
      const [ipv4, ipv6] = [address('ipv4'), address('ipv6')];
      const qos = childElement(group, 'qos-cfg');
      const lease = childElement(group, 'lease');
      return [
        textOf(group, 'id'),
        {
          ipv4: ipv4 && textOf(ipv4, 'ip'),
          ipv6: ipv6 && textOf(ipv6, 'ip'),
          dscp: qos && textOf(qos, 'dscp'),
          lease: lease && textOf(lease, 'id'),
        },
      ];
    }),
  );
}

export function textOf(element: XmlElement, name: string): string | undefined {
  const child = childElement(element, name);
  return child && elementText(child);
}

/** What error-info says in `<refusal>`. */
export function refusalInfo({ info = [] }: RpcError): Record<string, string> {
  const refusal = info.find(({ name, namespace }) => name === 'refusal' && namespace === SERVICE);
  return Object.fromEntries((refusal ? childElements(refusal) : []).map((leaf) => [leaf.name, elementText(leaf)]));
}
