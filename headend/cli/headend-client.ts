import { failed, ok, type Result } from '@sublane/basics';
import { childElement, type XmlElement } from '@sublane/netconf';
import { encodeData, encodeRpc, type RpcInput, type RpcName, type RpcOutput } from '@sublane/yang';
import { type NetconfClient, operation, type RpcFailure } from 'netconf-client';
import { type HeadendData, ROOT } from '../configuration/headend-data.ts';
import { readAccess, type ShownAccess } from './access-rules.ts';
import type { CliFailure } from './outcome.ts';
import { readData, readReply } from './reply-reader.ts';

/** The lists of configuration that commands change. */
export type ConfigList = 'location' | 'pool' | 'plan' | 'security-profile';
type Entry<List extends ConfigList> = NonNullable<HeadendData[List]>[number];

/** RFC 6241 §7.2. */
export type EditOperation = 'create' | 'replace' | 'merge' | 'delete';

/** One NETCONF session on a headend, in the words of its commands. */
export interface HeadendClient {
  readonly sessionId: number;
  call<Name extends RpcName>(name: Name, input: RpcInput<Name>): Promise<Result<RpcOutput<Name>, CliFailure>>;
  /** All of `/headend` in running. */
  configuration(): Promise<Result<HeadendData, CliFailure>>;
  edit<List extends ConfigList>(
    list: List,
    operation: EditOperation,
    entry: Partial<Entry<List>> & { readonly name: string },
  ): Promise<Result<undefined, CliFailure>>;
  /** Does it to one container or list entry: the first element named `element` in what `data` says. */
  editNode(data: HeadendData, element: string, operation: EditOperation): Promise<Result<undefined, CliFailure>>;
  /** All of running, with what stands beside `/headend`. */
  runningXml(): Promise<Result<XmlElement, CliFailure>>;
  /** `/nacm` in running. */
  accessRules(): Promise<Result<ShownAccess, CliFailure>>;
  /** Namespaces of the headend's modules, by name. */
  readonly modules: ReadonlyMap<string, string>;
  /** Any operation that answers with <ok/> or with data that nobody wants. */
  operate(operation: string): Promise<Result<undefined, CliFailure>>;
  killSession(id: number): Promise<Result<undefined, CliFailure>>;
  close(): Promise<void>;
}

const HEADEND_NAMESPACE = 'urn:sublane:params:xml:ns:yang:sublane-headend';
export const ACCESS_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm';
const NETCONF_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';

export function headendClient(client: NetconfClient): HeadendClient {
  const send = async (xml: string): Promise<Result<XmlElement, CliFailure>> => {
    const reply = await client.rpc(xml);
    return reply.ok ? ok(reply.value.content) : failed(cliFailure(reply.failure));
  };
  const modules = modulesOf(client.capabilities);
  const done = (reply: Result<XmlElement, CliFailure>) => (reply.ok ? ok() : reply);
  const editNode: HeadendClient['editNode'] = async (data, element, edit) => {
    const config = encodeData({ [ROOT]: data });
    const marked = config.replace(
      new RegExp(`<${element}(?=[/>])`),
      `<${element} xmlns:nc="${NETCONF_NAMESPACE}" nc:operation="${edit}"`,
    );
    return done(await send(operation.editConfig({ config: marked })));
  };
  return {
    sessionId: client.sessionId,
    async call(name, input) {
      const reply = await send(encodeRpc(name, input));
      return reply.ok ? ok(readReply(name, reply.value)) : reply;
    },
    async configuration() {
      const subtree = `<headend xmlns="${HEADEND_NAMESPACE}"/>`;
      const reply = await send(operation.getConfig({ filter: { subtree } }));
      if (!reply.ok) return reply;
      const data = childElement(reply.value, 'data');
      const headend = data && childElement(data, 'headend', HEADEND_NAMESPACE);
      return ok(headend === undefined ? {} : (readData(ROOT, headend) as HeadendData));
    },
    async runningXml() {
      const reply = await send(operation.getConfig());
      if (!reply.ok) return reply;
      const data = childElement(reply.value, 'data');
      return data === undefined ? failed({ kind: 'failed', message: 'the answer lacks <data>' }) : ok(data);
    },
    async accessRules() {
      const subtree = `<nacm xmlns="${ACCESS_NAMESPACE}"/>`;
      const reply = await send(operation.getConfig({ filter: { subtree } }));
      if (!reply.ok) return reply;
      const data = childElement(reply.value, 'data');
      const nacm = data && childElement(data, 'nacm', ACCESS_NAMESPACE);
      return ok(readAccess(nacm, modules));
    },
    modules,
    operate: async (xml) => done(await send(xml)),
    async edit(list, edit, entry) {
      // The first element of this name is the entry itself: it stands directly below <headend>.
      return editNode({ [list]: [entry] } as HeadendData, list, edit);
    },
    editNode,
    killSession: async (id) => done(await send(operation.killSession(id))),
    async close() {
      await client.closeSession();
    },
  };
}

/** `NAMESPACE?module=NAME&…` (RFC 6020 §5.6.4). */
function modulesOf(capabilities: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    capabilities.flatMap((capability) => {
      const found = /^([^?]*)\?(?:.*&)?module=([^&]*)/.exec(capability);
      return found === null ? [] : [[found[2] ?? '', found[1] ?? ''] as const];
    }),
  );
}

function cliFailure(failure: RpcFailure): CliFailure {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'refused', errors: failure.errors };
    case 'closed':
    case 'timeout':
    case 'aborted':
      return { kind: 'unreachable', message: failure.message };
    default:
      return { kind: 'failed', message: failure.message };
  }
}
