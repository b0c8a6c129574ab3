import { type JsonObject, unwrap } from '@sublane/basics';
import {
  type Data,
  encodeData,
  encodeNotification,
  encodeReply,
  encodeRpc,
  type NotificationName,
  openContext,
  type RpcInput,
  type RpcName,
  type RpcOutput,
  type SpServiceMessage,
} from '@sublane/yang';
import fc from 'fast-check';
import { Libyang, type SchemaNode } from 'libyang-wasm';
import { describe, expect, it } from 'vitest';
import { readData, readMessage } from './message-reader.ts';
import { membersArbitrary } from './schema-arbitraries.ts';
import { madeValid } from './valid-messages.ts';
import { EXAMPLES } from './yanglint.ts';

const libyang = Libyang.load();
const context = openContext(libyang, 'headend');
const edge = openContext(libyang, 'edge');
const OURS = ['ietf-subscriber-service-message', 'sublane-service', 'sublane-headend'];
const modules = context.schema().filter(({ name }) => OURS.includes(name));
const rpcs = modules.flatMap(({ name, rpcs }) =>
  rpcs.map((rpc) => [`${name}:${rpc.name}` as RpcName, name, rpc] as const),
);
const notifications = modules.flatMap(({ name, notifications }) =>
  notifications.map((node) => [`${name}:${node.name}` as NotificationName, name, node] as const),
);
const part = (rpc: SchemaNode, kind: 'input' | 'output'): readonly SchemaNode[] =>
  rpc.children?.find((child) => child.kind === kind)?.children ?? [];

const ENVELOPE = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"';
const NOTIFICATION = 'xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"';

/** Every random value is written, read by libyang with all its checks, and comes back as it was. */
function roundTrip(
  nodes: readonly SchemaNode[],
  module: string | undefined,
  back: (value: JsonObject) => JsonObject,
  numRuns = 60,
): void {
  fc.assert(
    fc.property(membersArbitrary(nodes, module), (random) => {
      const value = madeValid(random);
      expect(back(value)).toEqual(value);
    }),
    { numRuns },
  );
}

describe('what is encoded, libyang reads back', () => {
  it.each(rpcs)('input of %s', (name, module, rpc) =>
    roundTrip(part(rpc, 'input'), module, (value) => {
      const xml = `<rpc ${ENVELOPE}>${encodeRpc(name, value as RpcInput<RpcName>)}</rpc>`;
      return unwrap(context.readRpc(xml)).input;
    }),
  );

  it.each(rpcs)('output of %s', (name, module, rpc) =>
    roundTrip(part(rpc, 'output'), module, (value) => {
      const xml = `<rpc-reply ${ENVELOPE}>${encodeReply(name, value as RpcOutput<RpcName>)}</rpc-reply>`;
      return unwrap(context.readReply(module, rpc.name, xml)).output;
    }),
  );

  it.each(notifications)('%s', (name, module, node) =>
    roundTrip(node.children ?? [], module, (value) => {
      const content = encodeNotification(name, value as never);
      const xml = `<notification ${NOTIFICATION}><eventTime>2026-11-21T18:00:00Z</eventTime>${content}</notification>`;
      return unwrap(context.readNotification(xml)).content;
    }),
  );

  const data = (name: string, schema = context): readonly SchemaNode[] =>
    schema.schema().find((module) => module.name === name)!.nodes;
  it.each([
    ['sublane-headend', context],
    ['sublane-service', context],
    ['ietf-portal-backend-message', edge],
  ] as const)('data of %s', (name, schema) =>
    roundTrip(data(name, schema), undefined, (value) => unwrap(readData(schema, encodeData(value as Data)))),
  );
});

describe('what a peer sends in the examples', () => {
  it.each(EXAMPLES.map((example) => [`${example.name}.${example.kind}`, example] as const))(
    '%s, encoded again, says the same',
    (_, example) => {
      const value = unwrap(readMessage(example));
      const [, element] = /<([a-z-]+) xmlns="urn:(?!ietf:params:xml:ns:netconf)/.exec(example.text) ?? [];
      const name = rpcs.find(([, , rpc]) => rpc.name === example.name)?.[0];
      const again = {
        rpc: () =>
          `<rpc ${ENVELOPE}>${encodeRpc(rpcs.find(([, , rpc]) => rpc.name === element)![0], value as RpcInput<RpcName>)}</rpc>`,
        reply: () => `<rpc-reply ${ENVELOPE}>${encodeReply(name!, value as RpcOutput<RpcName>)}</rpc-reply>`,
        notification: () => {
          const event = notifications.find(([, , node]) => node.name === element)![0];
          return `<notification ${NOTIFICATION}><eventTime>2026-11-21T18:00:00Z</eventTime>${encodeNotification(event, value as never)}</notification>`;
        },
        config: () => encodeData(value as Data),
        edge: () => encodeData(value as Data),
        data: () => encodeData(value as Data),
      };
      expect(unwrap(readMessage({ ...example, text: again[example.kind]() }))).toEqual(value);
    },
  );
});

describe('namespaces', () => {
  const message: SpServiceMessage = {
    'host-id': 'h',
    'application-group': [
      {
        id: 1,
        'access-interface-cfg': {
          interface: 'sl1',
          type: 'iana-if-type:propVirtual',
          ipv4: { address: [{ ip: '192.0.2.1', 'prefix-length': 24 }] },
        },
        'qos-cfg': { dscp: 0 },
        lease: { id: '1', 'valid-lifetime': 60, 'renew-after': 30 },
      },
    ],
  };
  const augmented = encodeReply('ietf-subscriber-service-message:subscriber-service-message', {
    'ietf-portal-backend-message:sp-service-message': message,
  });
  const used = encodeReply('sublane-service:get-service', { 'sp-service-message': message });

  it('of an augment is that of the module that augments', () => {
    expect(augmented).toMatch(
      /^<sp-service-message xmlns="urn:ietf:params:xml:ns:yang:ietf-portal-backend-message"><host-id>/,
    );
  });
  it('of a grouping is that of the module that uses it', () => {
    expect(used).toMatch(/^<sp-service-message xmlns="urn:sublane:params:xml:ns:yang:sublane-service"><host-id>/);
  });
  it('of an identity is declared where it stands', () => {
    const type = '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:propVirtual</type>';
    expect(augmented).toContain(type);
    expect(used).toContain(type);
  });
});
