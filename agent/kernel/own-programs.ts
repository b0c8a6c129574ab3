import type { Ownership } from '../lanes/kernel.ts';
import type { KernelObject } from '../lanes/kernel-object.ts';
import { isOwnMark } from '../lanes/render-firewall.ts';
import { listMarks } from './bpf.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { DnsRedirect } from './dns-redirect.ts';
import { markOfName } from './mark-program.ts';

/** The marking programs on a cgroup that are ours, known by their names. */
export function ownPrograms(
  directory: string,
  ownMark: number,
): readonly { readonly id: number; readonly mark: number }[] {
  const listed = listMarks(directory);
  if (!listed.ok) return [];
  return listed.value.flatMap(({ id, name }) => {
    const mark = markOfName(name);
    return mark !== undefined && isOwnMark(mark, ownMark) ? [{ id, mark }] : [];
  });
}

/** The groups' cgroups, what marks in them, and where their DNS queries go. */
export function readCgroups(
  cgroups: CgroupTree | undefined,
  own: Pick<Ownership, 'slice' | 'mark'>,
  dns: DnsRedirect,
): KernelObject[] {
  return (cgroups?.list(own.slice) ?? []).flatMap(({ path, members }): KernelObject[] => {
    const directory = (cgroups as CgroupTree).directory(path);
    const programs = ownPrograms(directory, own.mark);
    const servers = dns.read(directory);
    const [first] = programs;
    return [
      { kind: 'cgroup', path, members },
      // Two of ours are one too many, left by a change that was cut short: seen as none of the marks wanted.
      ...(first === undefined ? [] : [{ kind: 'mark', path, mark: programs.length === 1 ? first.mark : 0 } as const]),
      ...(servers === undefined ? [] : [{ kind: 'dns', path, servers } as const]),
    ];
  });
}
