import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const YANG = fileURLToPath(new URL('../../yang/', import.meta.url));
const folder = (name: string): string => join(YANG, name);

/** Our modules, and those of the standards without their submodules: what yanglint takes as files. */
export const OUR_FILES = filesIn('modules');
export const ALL_FILES = [...OUR_FILES, ...filesIn('transcribed'), ...filesIn('standard')].filter((file) =>
  /^module /m.test(readFileSync(file, 'utf8')),
);

/** What messages need: our modules, and the identities they name. */
const MESSAGE_FILES = [...OUR_FILES, ...ALL_FILES.filter((file) => file.includes('/iana-if-type@'))];

/** Skips a test, with the reason, where Debian's yanglint is not there. */
export function needsYanglint({ skip }: { readonly skip: (reason: string) => void }): void {
  if (spawnSync('yanglint', ['--version']).error) skip('yanglint missing: apt-get install libyang2-tools');
}

/** What Debian's yanglint says; nothing on stderr where all is well. */
export function yanglint(...args: string[]): {
  readonly status: number | null;
  readonly said: string;
  readonly output: string;
} {
  const folders = ['modules', 'transcribed', 'standard'].flatMap((name) => ['-p', folder(name)]);
  const { status, stderr, stdout, error } = spawnSync('yanglint', [...folders, ...args], {
    cwd: '/',
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status, said: stderr, output: stdout };
}

/** Whether yanglint takes a message or data of this kind, and what it says of it. */
export function yanglintMessage(example: Pick<Example, 'name' | 'kind' | 'file'>): {
  readonly valid: boolean;
  readonly said: string;
} {
  const { status, said } = yanglint(...TYPES[example.kind](example.name), ...MESSAGE_FILES, example.file);
  return { valid: status === 0, said };
}

const TYPES: Readonly<Record<Example['kind'], (name: string) => string[]>> = {
  rpc: () => ['-t', 'nc-rpc'],
  reply: (name) => ['-t', 'nc-reply', '-R', exampleFile(name, 'rpc')],
  notification: () => ['-t', 'nc-notif'],
  config: () => ['-e', '-t', 'config'],
  edge: () => ['-e', '-t', 'config'],
  data: () => ['-e', '-t', 'data'],
};

/** An example: what it is, told by its name. */
export interface Example {
  readonly name: string;
  readonly kind: 'rpc' | 'reply' | 'notification' | 'config' | 'edge' | 'data';
  readonly file: string;
  readonly text: string;
}

export const EXAMPLES: readonly Example[] = readdirSync(folder('examples')).map((name) => {
  const file = join(folder('examples'), name);
  const [stem = '', kind] = basename(name, '.xml').split('.');
  return { name: stem, kind: kind as Example['kind'], file, text: readFileSync(file, 'utf8') };
});

export function exampleFile(name: string, kind: Example['kind']): string {
  return join(folder('examples'), `${name}.${kind}.xml`);
}

function filesIn(name: string): string[] {
  return readdirSync(folder(name))
    .filter((file) => file.endsWith('.yang'))
    .map((file) => join(folder(name), file));
}
