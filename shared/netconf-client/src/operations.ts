import { configurationOperations } from './operations/configuration.ts';
import { subscriptionOperations } from './operations/dynamic-subscriptions.ts';
import { nmdaOperations } from './operations/nmda.ts';
import { sessionOperations } from './operations/session.ts';

export type * from './operations/configuration.ts';
export type * from './operations/dynamic-subscriptions.ts';
export type * from './operations/nmda.ts';
export type { SchemaRequest, SubscribeOptions } from './operations/session.ts';
export type { Filter, IdentityName, WithDefaults, XmlContent, XPathFilter } from './operations/xml-parts.ts';

/** Every operation the client knows, as the child of `<rpc>`: for `client.rpc`, which asks nothing of the server's capabilities. */
export const operation = {
  ...configurationOperations,
  ...sessionOperations,
  ...nmdaOperations,
  ...subscriptionOperations,
};
