/** One thing the kernel or the machine's tools offer or lack: plain data for `doctor`. */
export interface Capability {
  /** A stable name: `ipvlan`, `tool:nft`, `cgroup2`. */
  readonly name: string;
  readonly present: boolean;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  /** What is done instead where it is missing; absent: nothing replaces it. */
  readonly instead?: string;
  /** What the user could do: a Debian package, a kernel option. */
  readonly remedy?: string;
  /** Where, or which version. */
  readonly detail?: string;
}
