import type { Ownership } from './kernel.ts';
import type { KernelObject } from './kernel-object.ts';

/** A cgroup in which something runs stays until it is empty: its applications find their lane there again. */
export function withBusyGroups(
  wanted: readonly KernelObject[],
  seen: readonly KernelObject[],
  { slice }: Ownership,
): readonly KernelObject[] {
  const named = new Set(wanted.flatMap((object) => (object.kind === 'cgroup' ? [object.path] : [])));
  const cgroups = seen.filter((object) => object.kind === 'cgroup');
  const busy = cgroups.filter(({ path, members = 0 }) => members > 0 && !named.has(path));
  if (busy.length === 0) return wanted;
  const idleSlice = ({ path }: { readonly path: string }) =>
    path === slice && !named.has(slice) && !busy.some((one) => one.path === slice);
  return [...wanted, ...cgroups.filter(idleSlice), ...busy];
}
