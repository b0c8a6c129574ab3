import { existsSync } from 'node:fs';

/** Where the version 2 hierarchy is mounted: by itself, or beside version 1 ("hybrid"). */
export const cgroupRoot = (): string =>
  existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
