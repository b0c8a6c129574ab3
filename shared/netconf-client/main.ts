#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Most of a short command's time is the compiling of its modules: kept, it is paid once. In a folder of the user's own,
// since Node's default, below /tmp, is one that others could have made first.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'netconf-client', 'compile-cache'));

const { runCommandLine } = await import('./src/command/run.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
