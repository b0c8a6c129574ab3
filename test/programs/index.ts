export { HeadendProcess } from './headend-process.ts';
export { type HostKey, hostKey } from './host-key.ts';
export { Operator, readReply } from './operator.ts';
export { twoClasses } from './subscriber-plan.ts';
