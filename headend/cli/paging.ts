import { ok, type Result } from '@sublane/basics';
import type { RpcInput, RpcName, RpcOutput } from '@sublane/yang';
import { Option } from 'commander';
import { integerArgument } from './arguments.ts';
import type { HeadendClient } from './headend-client.ts';
import type { CliFailure } from './outcome.ts';

export interface ListOptions {
  readonly limit?: number;
}

export const limitOption = () =>
  new Option('--limit <count>', 'at most so many (default: all)').argParser(integerArgument(1, 1_000_000_000));

/** What the headend gives at a time. */
const PAGE = 1000;

type ListRpc = {
  [Name in RpcName]: RpcInput<Name> extends { readonly limit?: number; readonly cursor?: string } ? Name : never;
}[RpcName];

/** Pages through a list to its end, or to `--limit`. */
export async function listAll<Name extends ListRpc, Item>(
  headend: HeadendClient,
  name: Name,
  filter: Omit<RpcInput<Name>, 'limit' | 'cursor'>,
  itemsOf: (output: RpcOutput<Name>) => readonly Item[],
  { limit = Number.POSITIVE_INFINITY }: ListOptions,
): Promise<Result<Item[], CliFailure>> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = { limit: Math.min(PAGE, limit - items.length), ...(cursor !== undefined && { cursor }) };
    const answer = await headend.call(name, { ...filter, ...page } as RpcInput<Name>);
    if (!answer.ok) return answer;
    for (const item of itemsOf(answer.value)) items.push(item);
    cursor = (answer.value as { readonly 'next-cursor'?: string })['next-cursor'];
  } while (cursor !== undefined && items.length < limit);
  return ok(items);
}
