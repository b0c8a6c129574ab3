import type { Ownership } from '../lanes/kernel.ts';
import type { ClassObject, KernelObject, QdiscObject } from '../lanes/kernel-object.ts';
import { runTool } from './tool.ts';

export interface TcState {
  readonly objects: readonly KernelObject[];
  readonly foreignQdiscs: ReadonlyMap<string, string>;
}

/** Reads qdiscs of all links, and classes of those that carry our HTB. Where there is no tc there is nothing of ours. */
export async function readTc(own: Ownership): Promise<TcState> {
  const run = await runTool('tc', ['-json', 'qdisc', 'show']);
  const handle = `${own.handle.toString(16)}:`;
  const objects: KernelObject[] = [];
  const foreignQdiscs = new Map<string, string>();
  if (run.status !== 0) return { objects, foreignQdiscs };
  const qdiscs = JSON.parse(run.stdout || '[]') as TcQdisc[];
  const rooted = new Set<string>();
  for (const { kind, handle: number, dev, root, options } of qdiscs) {
    if (root !== true) continue;
    if (kind === 'htb' && number === handle) {
      rooted.add(dev);
      objects.push(rootObject(dev, handle, options));
    } else if (number !== '0:') foreignQdiscs.set(dev, kind);
  }
  for (const { kind, dev, parent, options } of qdiscs) {
    if (parent?.startsWith(handle) !== true || !rooted.has(dev)) continue;
    if (kind !== 'pfifo' && kind !== 'fq_codel') continue;
    const limit = kind === 'pfifo' && options?.limit !== undefined ? { limit: options.limit } : {};
    objects.push({ kind: 'qdisc', link: dev, parent, type: kind, ...limit });
  }
  if (rooted.size > 0) {
    const links = [...rooted];
    const shown = await Promise.all(links.map((link) => runTool('tc', ['class', 'show', 'dev', link])));
    for (const [index, { stdout }] of shown.entries()) objects.push(...parseClasses(links[index] as string, stdout));
  }
  return { objects, foreignQdiscs };
}

interface TcQdisc {
  readonly kind: string;
  readonly handle: string;
  readonly dev: string;
  readonly root?: boolean;
  readonly parent?: string;
  readonly options?: { readonly limit?: number; readonly default?: string | number };
}

const rootObject = (link: string, handle: string, options: TcQdisc['options']): QdiscObject => ({
  kind: 'qdisc',
  link,
  parent: 'root',
  type: 'htb',
  handle,
  default: Number(options?.default ?? 0),
});

/** iproute2 6.1 prints HTB classes as text even where JSON is asked for. */
export function parseClasses(link: string, text: string): ClassObject[] {
  return text.split('\n').flatMap((line) => {
    const match = /^class htb (\S+) (?:root|parent (\S+)) (.*)$/.exec(line);
    if (match === null) return [];
    const [, id = '', parent, rest = ''] = match;
    const field = (name: string) => new RegExp(`(?:^| )${name} (\\S+)`).exec(rest)?.[1] ?? '0';
    return [
      {
        kind: 'class',
        link,
        id,
        parent: parent ?? 'root',
        rate: parseUnits(field('rate'), RATE_UNITS),
        ceil: parseUnits(field('ceil'), RATE_UNITS),
        burst: parseUnits(field('burst'), SIZE_UNITS),
        precedence: Number(field('prio')),
      },
    ];
  });
}

const RATE_UNITS: Record<string, number> = { bit: 1, Kbit: 1e3, Mbit: 1e6, Gbit: 1e9, Tbit: 1e12 };
const SIZE_UNITS: Record<string, number> = { b: 1, Kb: 1024, Mb: 1024 * 1024 };

function parseUnits(text: string, units: Record<string, number>): number {
  const match = /^([\d.]+)(\w+)$/.exec(text);
  return match === null ? 0 : Number(match[1]) * (units[match[2] as string] ?? Number.NaN);
}
