import { becomeProgram } from './group-exec.ts';

// Touched first, as a command line program would have: Node makes pipes non-blocking then.
process.stdout.write('');
const [command = '', ...args] = process.argv.slice(2);
const { failure } = becomeProgram(command, args) as Exclude<ReturnType<typeof becomeProgram>, { ok: true }>;
console.error(failure.message);
process.exitCode = failure.exitCode;
