import type { Context, ImplementedModule, Libyang } from 'libyang-wasm';
import { moduleSources } from './module-files.ts';

/**
 * Who speaks. `headend`: answers hosts and operators. `agent`: a host's. `edge`: a CPE, or the provider's equipment, that
 * takes `sp-service-message` as configuration.
 */
export type Role = 'headend' | 'agent' | 'edge';

/** What the NETCONF server offers of RFC 6241 §8 over running alone. */
const RUNNING_FEATURES = ['writable-running', 'rollback-on-error', 'validate', 'xpath'];

// iana-if-type: its identities count as values only where it is implemented. ietf-interfaces is imported, no more: its
// own tree is not ours to offer.
const COMMON: readonly ImplementedModule[] = [
  { name: 'ietf-netconf-acm' },
  { name: 'ietf-netconf-monitoring' },
  { name: 'ietf-netconf-with-defaults' },
  { name: 'ietf-datastores' },
  { name: 'ietf-origin' },
  { name: 'ietf-netconf-nmda', features: ['origin', 'with-defaults'] },
  { name: 'ietf-yang-library' },
  { name: 'iana-if-type' },
  { name: 'ietf-subscriber-service-message' },
];

/** The modules that a program in this role announces. */
export const ROLE_MODULES: Readonly<Record<Role, readonly ImplementedModule[]>> = {
  headend: [
    { name: 'ietf-netconf', features: [...RUNNING_FEATURES, 'candidate', 'confirmed-commit'] },
    ...COMMON,
    { name: 'ietf-portal-backend-message', features: [] },
    { name: 'sublane-service' },
    { name: 'sublane-headend' },
    { name: 'notifications' },
    { name: 'nc-notifications' },
    { name: 'ietf-netconf-notifications' },
    // Dynamic subscriptions, in XML; none are configured, which sublane-subscriptions says of the data.
    { name: 'ietf-subscribed-notifications', features: ['encode-xml', 'replay', 'subtree', 'xpath'] },
    { name: 'ietf-yang-push', features: ['on-change'] },
    { name: 'sublane-subscriptions' },
  ],
  agent: [
    { name: 'ietf-netconf', features: RUNNING_FEATURES },
    ...COMMON,
    { name: 'ietf-portal-backend-message', features: ['sp-configuration'] },
    { name: 'sublane-service' },
  ],
  edge: [
    { name: 'ietf-netconf', features: RUNNING_FEATURES },
    ...COMMON,
    { name: 'ietf-portal-backend-message', features: ['sp-configuration'] },
  ],
};

/**
 * A context with the modules of a role. Some 50 ms: one for a program, and kept.
 *
 * @throws where the modules do not load, which is our own bug.
 */
export function openContext(libyang: Libyang, role: Role): Context {
  const context = libyang.createContext({ sources: moduleSources(), implement: ROLE_MODULES[role] });
  if (!context.ok) throw new Error(`the modules of role ${role} do not load: ${JSON.stringify(context.failure)}`);
  return context.value;
}
