import type { JsonObject, Result } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import { type Context, Libyang, type LibyangFailure } from 'libyang-wasm';
import { EXAMPLES, type Example } from './yanglint.ts';

const libyang = Libyang.load();
const headend = openContext(libyang, 'headend');
const edge = openContext(libyang, 'edge');

/** Reads a message or data as the program does that gets it, with every check. */
export function readMessage({
  name,
  kind,
  text,
}: Pick<Example, 'name' | 'kind' | 'text'>): Result<JsonObject, LibyangFailure> {
  switch (kind) {
    case 'rpc':
      return content(headend.readRpc(text), ({ input }) => input);
    case 'reply': {
      const request = EXAMPLES.find((example) => example.name === name && example.kind === 'rpc')!;
      const rpc = headend.readRpc(request.text);
      if (!rpc.ok) return rpc;
      return content(headend.readReply(rpc.value.module, rpc.value.name, text), ({ output }) => output);
    }
    case 'notification':
      return content(headend.readNotification(text), ({ content: members }) => members);
    case 'config':
    case 'data':
      return readData(headend, text);
    case 'edge':
      return readData(edge, text);
  }
}

export function readData(context: Context, text: string): Result<JsonObject, LibyangFailure> {
  const tree = context.parseData(text, 'xml');
  if (!tree.ok) return tree;
  using data = tree.value;
  return content(data.print('json'), (json) => JSON.parse(json) as JsonObject);
}

function content<T>(
  result: Result<T, LibyangFailure>,
  pick: (value: T) => JsonObject,
): Result<JsonObject, LibyangFailure> {
  return result.ok ? { ok: true, value: pick(result.value) } : result;
}
