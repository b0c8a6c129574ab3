import type { RpcInput, RpcOutput } from '@sublane/yang';

export type Change = NonNullable<RpcOutput<'sublane-headend:compare-configurations'>['change']>[number];
export type ConfigurationName = NonNullable<RpcInput<'sublane-headend:compare-configurations'>['from']>;

const SIGN: Readonly<Record<Change['operation'], string>> = { create: '+', update: '~', delete: '-' };

/** A line for each node: `+` is new, `-` is gone, `~` has another value. Keys are in the path of their entry already. */
export function changesText(changes: readonly Change[]): string {
  return changes
    .filter(({ path }) => !isKey(path))
    .map(({ operation, path, was, is }) => {
      const value = { create: is, delete: was, update: was === undefined ? is : `${was} → ${is}` }[operation];
      // Of a leaf-list's entry, the path has the value.
      const shown = value === undefined || path.endsWith(']') ? '' : ` ${value}`;
      return `${SIGN[operation]} ${path.replace(HEADEND, '/')}${shown}`;
    })
    .join('\n');
}

export function comparedText(from: ConfigurationName, to: ConfigurationName): string {
  return `from ${nameText(from)} to ${nameText(to)}`;
}

const nameText = (name: ConfigurationName) => (typeof name === 'number' ? `version ${name}` : name);

/** All but what is beside it, such as /ietf-netconf-acm:nacm. */
const HEADEND = /^\/sublane-headend:headend\//;

/** `/pool[name='a']/name`: the last step's name is in the predicates of the one before it. */
function isKey(path: string): boolean {
  const found = /^(.*)\/([\w.-]+)$/s.exec(path);
  if (found === null) return false;
  const [, entry = '', name = ''] = found;
  const step = entry.slice(lastStep(entry));
  return step.includes(`[${name}='`) || step.includes(`[${name}="`);
}

/** Where the last step begins; a slash in a quoted value begins none. */
function lastStep(path: string): number {
  let quote = '';
  let start = 0;
  for (let at = 0; at < path.length; at++) {
    const char = path[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '/') start = at;
  }
  return start;
}
