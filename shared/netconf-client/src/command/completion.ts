import type { Command } from 'commander';
import type { SchemaNode } from 'libyang-wasm';
import type { HeldSession } from './held-session.ts';

const DATASTORES = ['running', 'candidate', 'startup'];
const TAKES_DATASTORE = new Set([
  'copy',
  'delete',
  'lock',
  'unlock',
  'validate',
  '--source',
  '--target',
  '--datastore',
]);

/** What may stand where the line ends: verbs, their options, datastores, and the top nodes of schemas that are read already. */
export function completions(program: Command, held: HeldSession, line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const choices = choicesFor(program, held, before, last);
  return [choices.filter((choice) => choice.startsWith(last)).map((choice) => `${choice} `), last];
}

function choicesFor(program: Command, held: HeldSession, before: readonly string[], last: string): string[] {
  const verb = program.commands.find((one) => one.name() === before[0]);
  if (verb === undefined)
    return before.length > 0 ? [] : [...program.commands.map((one) => one.name()), 'help', 'quit'];
  if (before.length === 1 && verb.commands.length > 0) return verb.commands.map((one) => one.name());
  const inner = verb.commands.find((one) => one.name() === before[1]) ?? verb;
  if (last.startsWith('-')) return inner.options.flatMap(({ long }) => (long == null ? [] : [long]));
  const previous = before.at(-1) ?? '';
  const option = inner.options.find(({ long }) => long === previous);
  if (option?.argChoices !== undefined) return [...option.argChoices];
  if (TAKES_DATASTORE.has(previous)) return DATASTORES;
  if (previous === '--subtree' || previous === '--xpath') return schemaPaths(held, last);
  return [];
}

/** `/module:node`, and the nodes below what is written already. */
function schemaPaths({ openedSchemas }: HeldSession, last: string): string[] {
  if (openedSchemas === undefined) return [];
  const written = last.slice(0, Math.max(0, last.lastIndexOf('/')));
  let nodes: readonly SchemaNode[] = openedSchemas.context.schema().flatMap((module) => module.nodes);
  for (const step of written.split('/').slice(1)) {
    const name = step.replace(/^[^:]*:/, '').replace(/\[.*$/, '');
    nodes = nodes.find((node) => node.name === name)?.children ?? [];
  }
  const names = nodes.map(({ module, name }) => (written === '' ? `${module}:${name}` : name));
  return names.map((name) => `${written}/${name}`);
}
