import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, readXml, type XmlElement } from '@sublane/netconf';
import { type Context, Libyang, type ModuleSource } from 'libyang-wasm';
import { SchemaIndex } from '../schema-index.ts';
import { LAB_MODULE } from './lab-module.ts';
import { USERS_MODULE } from './users-module.ts';

/** A context with the modules of the tests, and more where given; `others` are there to be imported and included. */
export function openLab(more: readonly ModuleSource[] = [], others: readonly ModuleSource[] = []): Context {
  const own = [
    { name: 'lab', revision: '2026-11-20', text: LAB_MODULE },
    { name: 'users', revision: '2026-11-20', text: USERS_MODULE },
  ];
  const modules = [...own, ...more];
  const sources = [...modules, ...others];
  const implement = [{ name: 'ietf-yang-library' }, ...modules.map(({ name }) => ({ name }))];
  return unwrap(Libyang.load().createContext({ sources, implement }));
}

let shared: { readonly context: Context; readonly schema: SchemaIndex } | undefined;

/** The one that tests share which do not dispose of it. */
export function lab(): { readonly context: Context; readonly schema: SchemaIndex } {
  if (shared === undefined) {
    const context = openLab();
    shared = { context, schema: new SchemaIndex(context) };
  }
  return shared;
}

/** Top-level elements of a text. */
export function elements(xml: string): XmlElement[] {
  return childElements(unwrap(readXml(`<data>${xml}</data>`, CLIENT_LIMITS)));
}

export function element(xml: string): XmlElement {
  const [first] = elements(xml);
  if (first === undefined) throw new Error('expected an element');
  return first;
}
