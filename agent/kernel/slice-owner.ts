import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { libc } from './libc.ts';

/**
 * Cgroups are one tree for all network namespaces of a machine. Which namespace's engine a slice belongs to is written
 * on it, as an extended attribute.
 */
const ATTRIBUTES = ['user.sublane.namespace', 'trusted.sublane.namespace'];

/** The network namespace that holds the slice, `net:[4026531840]`; undefined: nobody, or it is gone. */
export function holderOf(directory: string, isAlive = namespaceIsAlive): string | undefined {
  const holder = ATTRIBUTES.map((name) => readAttribute(directory, name)).find((value) => value !== undefined);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

/** Best effort: a cgroup file system that keeps no attributes leaves the slice to whoever finds it. */
export function holdSlice(directory: string, namespace: string): void {
  for (const name of ATTRIBUTES) {
    if (readAttribute(directory, name) === namespace) return;
    const value = Buffer.from(namespace);
    if (libc.setxattr(directory, name, value, value.length, 0) === 0) return;
  }
}

/** The network namespace of this thread. */
export const ownNamespace = (): string => readlinkSync('/proc/thread-self/ns/net');

/** A namespace lives as long as a process is in it, or a name stands for it. */
function namespaceIsAlive(namespace: string): boolean {
  if (ownNamespace() === namespace) return true;
  const inode = Number(/\d+/.exec(namespace)?.[0]);
  for (const name of entriesOf('/run/netns')) if (inodeOf(`/run/netns/${name}`) === inode) return true;
  return entriesOf('/proc').some((name) => /^\d+$/.test(name) && linkOf(`/proc/${name}/ns/net`) === namespace);
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // It has ended.
    return undefined;
  }
}

function readAttribute(path: string, name: string): string | undefined {
  const value = Buffer.alloc(64);
  const length = Number(libc.getxattr(path, name, value, value.length));
  return length < 0 ? undefined : value.toString('latin1', 0, length);
}
