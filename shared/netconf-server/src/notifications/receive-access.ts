import { childElements, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { AccessControl, Identity } from '../access.ts';
import { isKey } from '../edit/node-identity.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { EventMessage } from './notification-message.ts';

/** From the top of the data down to the notification. */
type Way = readonly { readonly node: SchemaNode; readonly element: XmlElement }[];

const ways = new WeakMap<EventMessage, Way>();
const topLevel = new WeakMap<SchemaIndex, ReadonlySet<string>>();

/**
 * May it be told of the event? Of a notification within the data (RFC 7950 §7.16) "read access is required for all
 * instances in the hierarchy of data nodes that identifies the specific notification in the datastore, and read access is
 * required for the notification node" (RFC 8341 §3.1.3).
 */
export function mayReceiveEvent(
  access: AccessControl,
  identity: Identity,
  message: EventMessage,
  schema: SchemaIndex,
): boolean {
  const { module, name } = message.event;
  if (isTopLevel(module, name, schema)) return access.mayReceive(identity, module, name).permit;
  let way = ways.get(message);
  if (way === undefined) {
    way = wayTo(message.element, schema);
    ways.set(message, way);
  }
  // What is nowhere in the data and no notification of its module: nobody can have a rule for it but by its name.
  if (way.length === 0) return access.mayReceive(identity, module, name).permit;
  let here = access.data(identity);
  for (const { node, element } of way) {
    here = here.child(node, element);
    if (!here.verdict('read').permit) return false;
  }
  return true;
}

function isTopLevel(module: string, name: string, schema: SchemaIndex): boolean {
  let names = topLevel.get(schema);
  if (names === undefined) {
    names = new Set(schema.modules.flatMap((one) => one.notifications.map((event) => `${one.name}:${event.name}`)));
    topLevel.set(schema, names);
  }
  return names.has(`${module}:${name}`);
}

/** Empty where the element is no such hierarchy. */
function wayTo(root: XmlElement, schema: SchemaIndex): Way {
  const way: { readonly node: SchemaNode; readonly element: XmlElement }[] = [];
  let element: XmlElement | undefined = root;
  let parent: SchemaNode | undefined;
  while (element !== undefined) {
    const node = schema.child(parent, element.namespace, element.name);
    if (node === undefined) return [];
    way.push({ node, element });
    if (node.kind === 'notification') return way;
    parent = node;
    element = childElements(element).find((child) => {
      const inner = schema.child(node, child.namespace, child.name);
      return inner === undefined || !isKey(inner, node);
    });
  }
  return [];
}
