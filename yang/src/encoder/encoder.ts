import type { JsonObject } from '@sublane/basics';
import { EncodingFault } from './encoding-fault.ts';
import { membersWriter, type WriteMembers } from './node-encoder.ts';
import type { NodeSpec, SchemaTable } from './schema-table.ts';
import { xmlAttribute } from './xml-text.ts';

/**
 * JSON (RFC 7951) to XML (RFC 7950) for what a schema table names. What the table does not permit is thrown as an
 * EncodingFault; what it does not know (ranges, patterns, `must`) is not looked at.
 */
export interface Encoder {
  /** The rpc's element. */
  rpc(name: string, input: JsonObject): string;
  /** The children of `<rpc-reply>`: `<ok/>` where there is no output, or none to give (RFC 6241 §4.4). */
  reply(name: string, output: JsonObject): string;
  /** The notification's element, which stands behind `<eventTime>`. */
  notification(name: string, content: JsonObject): string;
  /** Top-level data nodes by their qualified names: the children of `<config>` or `<data>`. */
  data(content: JsonObject): string;
}

/** Compiles a table. Names are `module:name`. */
export function createEncoder(table: SchemaTable): Encoder {
  const indexes = new Map(table.modules.map(([module], at) => [module, at]));
  const moduleOf = (name: string): number => indexes.get(name.slice(0, name.indexOf(':')))!;
  /** An operation is an element; its children are in its namespace unless an augment put them there. */
  const operation = (name: string, nodes: readonly NodeSpec[], part: string): WriteMembers => {
    const module = moduleOf(name);
    const local = name.slice(name.indexOf(':') + 1);
    const open = `<${local} xmlns="${xmlAttribute(table.modules[module]![1])}"`;
    const write = membersWriter(nodes, { json: module, xml: module }, table, name + part);
    return (value) => {
      const content = write(value);
      return content === '' ? `${open}/>` : `${open}>${content}</${local}>`;
    };
  };
  /** The output's members stand in the rpc in JSON, and directly in rpc-reply in XML, where each needs a namespace. */
  const output = (name: string, nodes: readonly NodeSpec[]): WriteMembers => {
    const write = membersWriter(nodes, { json: moduleOf(name), xml: -1 }, table, `${name} output`);
    return (value) => write(value) || OK;
  };

  return {
    rpc: onFirstUse(table.rpcs, 'rpc', (name, { input }) => operation(name, input ?? [], ' input')),
    reply: onFirstUse(table.rpcs, 'rpc', (name, spec) => output(name, spec.output ?? [])),
    notification: onFirstUse(table.notifications, 'notification', (name, nodes) => operation(name, nodes, '')),
    data: membersWriter(table.data, { json: -1, xml: -1 }, table, ''),
  };
}

const OK = '<ok xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>';

/** A program speaks few of the messages: each is compiled when it is first needed. */
function onFirstUse<Spec>(
  specs: Readonly<Record<string, Spec>>,
  what: string,
  make: (name: string, spec: Spec) => WriteMembers,
): (name: string, value: JsonObject) => string {
  const known = new Map(Object.entries(specs));
  const made = new Map<string, WriteMembers>();
  return (name, value) => {
    let write = made.get(name);
    if (write === undefined) {
      const spec = known.get(name);
      if (spec === undefined) throw new EncodingFault(name, `no such ${what}`);
      write = make(name, spec);
      made.set(name, write);
    }
    return write(value);
  };
}
