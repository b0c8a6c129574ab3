import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, table } from '@sublane/basics';
import type { Command } from 'commander';
import type { MissingSchema } from '../../schemas/collect-schemas.ts';
import { rpcFailure } from '../outcome.ts';
import type { Verbs } from '../verbs.ts';

/** schemas list, get, save, check. */
export function addSchemas(program: Command, verbs: Verbs): void {
  const schemas = program
    .command('schemas')
    .description('the YANG modules of the server (RFC 6022, RFC 7895, RFC 8525)');

  schemas
    .command('list', { isDefault: true })
    .description('which modules it announces')
    .action(
      verbs.session(async (held, _args, _options, signal) => {
        const announced = await held.announced(signal);
        if (!announced.ok) return announced;
        const { from, contentId, modules } = announced.value;
        const sorted = [...modules].sort((one, other) => (one.name < other.name ? -1 : 1));
        const rows = sorted.map(({ name, revision, implemented, features, namespace }) => [
          name,
          revision,
          implemented ? 'yes' : 'import',
          features.join(','),
          namespace,
        ]);
        return ok({
          text: table(['MODULE', 'REVISION', 'IMPLEMENTED', 'FEATURES', 'NAMESPACE'], rows),
          json: JSON.parse(JSON.stringify({ from, contentId, modules: sorted })),
          notes: [`announced by ${from}${contentId === undefined ? '' : `, content ${contentId}`}`],
        });
      }),
    );

  schemas
    .command('get')
    .argument('<name>', 'of the module or submodule, or NAME@REVISION')
    .description('prints the text of one')
    .action(
      verbs.session(async ({ client }, [wanted = ''], _options, signal) => {
        const [identifier = '', version] = wanted.split('@', 2);
        const got = await client.getSchema({ identifier, ...(version && { version }) }, { signal });
        if (!got.ok) return failed(rpcFailure(got.failure));
        return ok({ text: got.value.trimEnd(), json: { name: identifier, text: got.value } });
      }),
    );

  schemas
    .command('save')
    .argument('<folder>', 'is made where it is not there')
    .description('writes the texts of all modules, with what they import and include, to a folder')
    .action(
      verbs.session(async (held, [folder = ''], _options, signal) => {
        const opened = await held.schemas(signal);
        if (!opened.ok) return opened;
        try {
          mkdirSync(folder, { recursive: true });
          for (const { name, revision, text } of opened.value.texts) {
            const file = `${fileName(name)}${revision === undefined ? '' : `@${fileName(revision)}`}.yang`;
            replaceFile(join(folder, file), text);
          }
        } catch (error) {
          return failed({
            kind: 'failed',
            message: `schemas save: cannot write to ${folder}: ${(error as Error).message}`,
          });
        }
        const { texts, missing } = opened.value;
        const names = texts.map(({ name, revision }) => (revision === undefined ? name : `${name}@${revision}`));
        return ok({
          text: `${texts.length} modules in ${folder}`,
          json: { folder, modules: names, missing: missing.map(({ name, why }) => ({ name, why })) },
          notes: missing.map(missingText),
        });
      }),
    );

  schemas
    .command('check')
    .description('fetches all of them and reads them with libyang; fails where one is missing or wrong')
    .action(
      verbs.session(async (held, _args, _options, signal) => {
        const opened = await held.schemas(signal);
        if (!opened.ok) return opened;
        const { texts, missing, refused, context } = opened.value;
        const wrong = [...missing, ...refused];
        if (wrong.length > 0) return failed({ kind: 'failed', message: wrong.map(missingText).join('\n') });
        const warnings = context.warnings.map(({ message }) => `warning: ${message}`);
        return ok({
          text: `${texts.length} modules: all there, all right`,
          json: { modules: texts.length, warnings },
          notes: warnings,
        });
      }),
    );
}

/** What the server wrote goes nowhere else, where somebody laid a link of that name. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, text, { flag: 'wx' });
  renameSync(temporary, path);
}

/** Names come from the server. */
const fileName = (name: string) => name.replace(/[^\w.-]/g, '_');

function missingText({ name, revision, why, neededBy }: MissingSchema): string {
  return `${name}${revision === undefined ? '' : `@${revision}`}${neededBy === undefined ? '' : ` (for ${neededBy})`}: ${why}`;
}
