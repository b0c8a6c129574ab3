import { existsSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import { escapeAttribute, escapeText } from '@sublane/netconf';
import type { Filter } from '../operations.ts';
import { readContent } from './content.ts';
import type { HeldSession } from './held-session.ts';
import { type CommandFailure, usage } from './outcome.ts';
import type { Surroundings } from './surroundings.ts';

export interface FilterOptions {
  readonly xpath?: string;
  readonly ns?: readonly string[];
  readonly subtree?: string;
}

/** `--xpath` or `--subtree` as a filter; module names stand for their namespaces. */
export async function readFilter(
  held: HeldSession,
  surroundings: Surroundings,
  { xpath, ns = [], subtree }: FilterOptions,
  signal: AbortSignal,
): Promise<Result<Filter | undefined, CommandFailure>> {
  if (xpath !== undefined && subtree !== undefined) return failed(usage('either --xpath or --subtree, not both'));
  if (xpath !== undefined) return xpathFilter(held, xpath, ns, signal);
  if (subtree === undefined) return ok(undefined);
  if (isPath(subtree)) return subtreeOfPath(held, subtree, signal);
  const content = await readContent(surroundings, subtree, '--subtree');
  if (!content.ok) return content;
  if (content.value.format === 'json') return failed(usage('--subtree: expected XML, or a path; found JSON'));
  return ok({ subtree: content.value.text });
}

async function xpathFilter(
  held: HeldSession,
  xpath: string,
  ns: readonly string[],
  signal: AbortSignal,
): Promise<Result<Filter, CommandFailure>> {
  const namespaces: Record<string, string> = {};
  for (const one of ns) {
    const [, prefix, namespace] = /^([A-Za-z_][\w.-]*)=(.+)$/.exec(one) ?? [];
    if (prefix === undefined || namespace === undefined) {
      return failed(usage(`--ns ${one}: expected PREFIX=NAMESPACE, as if=urn:ietf:params:xml:ns:yang:ietf-interfaces`));
    }
    namespaces[prefix] = namespace;
  }
  // Texts in quotes have no prefixes; `::` ends the name of an axis.
  for (const [, prefix = ''] of xpath.replace(/"[^"]*"|'[^']*'/g, '').matchAll(/([A-Za-z_][\w.-]*):(?!:)/g)) {
    if (namespaces[prefix] !== undefined) continue;
    const found = await held.namespaceOf(prefix, signal);
    if (!found.ok) return found;
    if (found.value === undefined) {
      return failed(
        usage(`--xpath: no module "${prefix}" at the server; name the prefix with --ns ${prefix}=NAMESPACE`),
      );
    }
    namespaces[prefix] = found.value;
  }
  return ok({ xpath, namespaces });
}

/** `/ietf-interfaces:interfaces/interface[name='eth0']`, and not a file of that name. */
function isPath(text: string): boolean {
  return /^\/?[A-Za-z_][\w.-]*:[A-Za-z_]/.test(text) && !existsSync(text);
}

async function subtreeOfPath(
  held: HeldSession,
  path: string,
  signal: AbortSignal,
): Promise<Result<Filter, CommandFailure>> {
  const steps = path.replace(/^\//, '').match(/(?:[^/[]+)(?:\[(?:"[^"]*"|'[^']*'|[^\]"'])*\])*/g) ?? [];
  let opening = '';
  let closing = '';
  for (const step of steps) {
    const [, module, name] = /^(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/.exec(step) ?? [];
    const keys = [...step.matchAll(/\[\s*([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')\s*\]/g)];
    const plain = `${module === undefined ? '' : `${module}:`}${name}${keys.map(([text]) => text).join('')}`;
    if (name === undefined || plain !== step) {
      return failed(
        usage(`--subtree: cannot read "${step}" of the path; expected NAME, MODULE:NAME or NAME[KEY='VALUE']`),
      );
    }
    const namespace = module === undefined ? ok(undefined) : await held.namespaceOf(module, signal);
    if (!namespace.ok) return namespace;
    if (module !== undefined && namespace.value === undefined) {
      return failed(
        usage(`--subtree: no module "${module}" at the server; \`netconf schemas list\` shows what it has`),
      );
    }
    const declared = namespace.value === undefined ? '' : ` xmlns="${escapeAttribute(namespace.value)}"`;
    const matches = keys.map(([, key, double, single]) => `<${key}>${escapeText(double ?? single ?? '')}</${key}>`);
    opening += `<${name}${declared}>${matches.join('')}`;
    closing = `</${name}>${closing}`;
  }
  return ok({ subtree: opening + closing });
}
