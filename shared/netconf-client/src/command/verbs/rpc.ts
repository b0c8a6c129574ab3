import { failed, ok, type Result } from '@sublane/basics';
import {
  CLIENT_LIMITS,
  childElements,
  elementText,
  prettyChildren,
  readXml,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { Command } from 'commander';
import { rpcToXml } from '../../schemas/json.ts';
import { failureText } from '../../schemas/open-schemas.ts';
import { type Content, readContent } from '../content.ts';
import type { HeldSession } from '../held-session.ts';
import { type CommandFailure, DONE, type Outcome, rpcFailure, usage } from '../outcome.ts';
import { lineOf } from '../source-lines.ts';
import type { Verbs } from '../verbs.ts';

/** rpc: whatever the other verbs do not do. */
export function addRpc(program: Command, verbs: Verbs): void {
  program
    .command('rpc')
    .argument(
      '<file>',
      'the operation in XML, with or without <rpc> around it, or in JSON: {"MODULE:RPC": {…}}; - reads it',
    )
    .description('sends any operation and shows what it gives')
    .action(
      verbs.session<{ readonly json?: boolean }>(async (held, [file = ''], options, signal) => {
        const content = await readContent(verbs.surroundings, file, 'rpc');
        if (!content.ok) return content;
        const operation = await operationOf(held, content.value, signal);
        if (!operation.ok) return operation;
        const reply = await held.client.rpc(operation.value, { signal });
        if (!reply.ok) {
          return failed(
            rpcFailure(reply.failure, ({ path, info = [] }) => {
              const bad = info.find(({ name }) => name === 'bad-element');
              const line =
                content.value.format === 'xml' && lineOf(content.value.text, path?.xpath, bad && elementText(bad));
              return line ? `${content.value.name}:${line}` : undefined;
            }),
          );
        }
        return shownReply(held, operation.value, reply.value.content, options.json === true, signal);
      }),
    );
}

async function operationOf(
  held: HeldSession,
  content: Content,
  signal: AbortSignal,
): Promise<Result<string, CommandFailure>> {
  if (content.format === 'json') {
    const schemas = await held.schemas(signal);
    if (!schemas.ok) return schemas;
    const xml = rpcToXml(schemas.value.context, content.text);
    return xml.ok ? xml : failed(usage(`${content.name}: ${failureText(xml.failure)}`));
  }
  const read = readXml(content.text.trim(), CLIENT_LIMITS);
  if (!read.ok) return failed(usage(`${content.name}: expected one element, the operation`));
  if (read.value.name !== 'rpc') return ok(content.text.trim());
  // With its envelope: ours takes its place.
  const [operation] = childElements(read.value);
  return operation === undefined
    ? failed(usage(`${content.name}: expected an operation inside <rpc>`))
    : ok(writeXml(operation));
}

async function shownReply(
  held: HeldSession,
  operation: string,
  reply: XmlElement,
  json: boolean,
  signal: AbortSignal,
): Outcome {
  const [first, ...more] = childElements(reply);
  if (first === undefined || (first.name === 'ok' && more.length === 0)) return ok(DONE);
  const text = prettyChildren(reply);
  if (!json) return ok({ text, json: null });
  const schemas = await held.schemas(signal);
  if (!schemas.ok) return schemas;
  const asked = readXml(operation, CLIENT_LIMITS);
  const { context } = schemas.value;
  const module = asked.ok ? context.schema().find(({ namespace }) => namespace === asked.value.namespace) : undefined;
  const output =
    asked.ok && module !== undefined
      ? context.readReply(module.name, asked.value.name, writeXml({ ...reply, attributes: [] }))
      : undefined;
  if (output?.ok) return ok({ text, json: JSON.parse(JSON.stringify(output.value.output)) });
  const why = output === undefined ? 'they have no such operation' : failureText(output.failure);
  return failed({
    kind: 'failed',
    message: `the reply cannot be shown as JSON by the server's schemas: ${why} (without --json it is shown as XML)`,
  });
}
