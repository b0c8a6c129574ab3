import {
  type Attached,
  attachProgram,
  type BpfOutcome,
  detachProgram,
  listPrograms,
  loadProgram,
} from './bpf-syscall.ts';
import { markProgram } from './mark-program.ts';

/** The marking program of a group's cgroup: loaded, attached, listed, detached. */

/** BPF_PROG_TYPE_CGROUP_SOCK. */
const CGROUP_SOCK = 9;
/** BPF_CGROUP_INET_SOCK_CREATE. */
const SOCK_CREATE = 2;

/** The descriptor is the caller's to close. */
export const loadMark = (mark: number, name: string): BpfOutcome<number> =>
  loadProgram({ type: CGROUP_SOCK, attachType: SOCK_CREATE, name, code: markProgram(mark) });

export const attachMark = (directory: string, program: number): BpfOutcome<number> =>
  attachProgram(directory, SOCK_CREATE, program);

export const listMarks = (directory: string): BpfOutcome<readonly Attached[]> => listPrograms(directory, SOCK_CREATE);

export const detachMark = (directory: string, id: number): BpfOutcome<number> =>
  detachProgram(directory, SOCK_CREATE, id);

export { closeDescriptor } from './bpf-syscall.ts';
