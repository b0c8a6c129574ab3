// Modules that the tests of this package share, and messages of theirs.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import type { Context } from '../src/context.ts';
import { Libyang } from '../src/libyang.ts';
import type { ContextRecipe, ModuleSource } from '../src/recipe.ts';

export const FOLDER = fileURLToPath(new URL('.', import.meta.url));
export const NETCONF = 'urn:ietf:params:xml:ns:netconf:base:1.0';
export const NOTIFICATION = 'urn:ietf:params:xml:ns:netconf:notification:1.0';
export const FLEET = 'urn:example:fleet';

export const sources: readonly ModuleSource[] = readdirSync(FOLDER)
  .map((file) => /^(.*)@(.*)\.yang$/.exec(file))
  .filter((match) => match !== null)
  .map(([file, name = '', revision = '']) => ({ name, revision, text: readFileSync(`${FOLDER}/${file}`, 'utf8') }));

export const recipe: ContextRecipe = {
  sources,
  implement: [{ name: 'fleet', features: ['tolls'] }, { name: 'fleet-tracking' }],
};

let loaded: Libyang | undefined;

/** One for all tests of a file. */
export function libyang(): Libyang {
  loaded ??= Libyang.load();
  return loaded;
}

export function fleetContext(): Context {
  return unwrap(libyang().createContext(recipe));
}

export const vehicle = (plate: string, more = ''): string =>
  `<vehicle><plate>${plate}</plate><kind>van</kind>${more}</vehicle>`;

export const fleet = (...content: string[]): string => `<fleet xmlns="${FLEET}">${content.join('')}</fleet>`;

export const rpc = (content: string, id = ' message-id="101"'): string =>
  `<rpc xmlns="${NETCONF}"${id}>${content}</rpc>`;

export const dispatch = (content: string): string => rpc(`<dispatch xmlns="${FLEET}">${content}</dispatch>`);

export const STOP = '<stop><order>1</order><where>Harbour</where></stop>';

export const reply = (content: string): string =>
  `<rpc-reply xmlns="${NETCONF}" message-id="101">${content}</rpc-reply>`;

export const notification = (content: string): string =>
  `<notification xmlns="${NOTIFICATION}"><eventTime>2026-11-21T10:00:00Z</eventTime>${content}</notification>`;
