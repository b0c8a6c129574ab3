#!/bin/bash
# The first process in user-mode Linux: mounts what a system has, runs one command, ends. RUNDIR comes from the kernel's
# command line; the root is the machine's own.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/tmp
# In the machine's own, what running tests there have would look like what dead ones left: no process is known here.
export TMPDIR=/run/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Its modules stand elsewhere than those of the machine.
mkdir -p /run/uml/lib
ln -s /usr/lib/uml/modules /run/uml/lib/modules
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/uml "$@"\n' >/run/uml/modprobe
chmod +x /run/uml/modprobe
echo /run/uml/modprobe >/proc/sys/kernel/modprobe
# On demand the kernel loads ipv6 too late for sysctls of new links.
/run/uml/modprobe ipv6
ip link set lo up
bash "$RUNDIR/command" </dev/null >"$RUNDIR/output" 2>&1
echo $? >"$RUNDIR/status"
sync
echo o >/proc/sysrq-trigger
sleep 5
