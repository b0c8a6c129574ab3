import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApplicationGroup, SubscriberServiceMessageInput } from '@sublane/yang';
import ssh2 from 'ssh2';
import type { Namespace } from '../lab/index.ts';
import { hostKey } from '../programs/index.ts';

/** What it grants to whoever asks; `replace` makes of the encoded reply what no encoder writes. */
export interface Grants {
  readonly groups: readonly ApplicationGroup[];
  readonly replace?: Readonly<Record<string, string>>;
}

/** What it was told in a report about a group. */
export interface Heard {
  readonly id: number;
  readonly state: string;
  readonly reason?: string;
}

const PROGRAM = fileURLToPath(new URL('hostile-headend.fixture.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

/** A headend that means harm, in a namespace. */
export class HostileHeadend {
  readonly hostKey: string;
  readonly #folder: string;

  private constructor(folder: string, key: string) {
    this.#folder = folder;
    this.hostKey = key;
  }

  static async open(namespace: Namespace, folder: string, address: string, port: number): Promise<HostileHeadend> {
    mkdirSync(folder);
    const pair = hostKey('hostile');
    writeFileSync(join(folder, 'host-key'), pair.private, { mode: 0o600 });
    const parsed = ssh2.utils.parseKey(pair.private);
    if (parsed instanceof Error) throw parsed;
    const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
    const headend = new HostileHeadend(folder, `SHA256:${digest}`);
    headend.grants({ groups: [] });
    const running = namespace.start([NODE, PROGRAM, address, String(port), folder]);
    await running.printed(/^ready$/m);
    return headend;
  }

  grants(grants: Grants): void {
    writeFileSync(join(this.#folder, 'grants.json'), JSON.stringify(grants));
  }

  /** Everything it was told by report-service so far. */
  get heard(): readonly Heard[] {
    type Report = { readonly 'application-group'?: readonly Heard[] };
    return this.#told<Report>('report-service').flatMap((input) => input['application-group'] ?? []);
  }

  /** The requests so far. */
  get requests(): readonly SubscriberServiceMessageInput[] {
    return this.#told('request');
  }

  #told<Input>(name: string): readonly Input[] {
    const file = join(this.#folder, 'heard.jsonl');
    if (!existsSync(file)) return [];
    type Told = { readonly name: string; readonly input: Input };
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Told).flatMap((told) => (told.name === name ? [told.input] : []));
  }
}
