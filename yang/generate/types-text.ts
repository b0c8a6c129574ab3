import { docComment, paragraphsOf } from './comment-text.ts';
import { dataChildren, parameters, type SchemaInput } from './schema-input.ts';
import { pascalCase } from './type-names.ts';
import { TypeWriter } from './type-writer.ts';

/** The files of TypeScript types by name: one for each of our modules, one for identities, and one for the messages. */
export function typesText(input: SchemaInput): Map<string, string> {
  const types = new TypeWriter();
  const messages = 'messages';
  const rpcs: string[] = [];
  const notifications: string[] = [];
  for (const { name: module, rpcs: operations, notifications: events } of input.ours) {
    for (const rpc of operations) {
      const name = pascalCase(rpc.name);
      types.top(module, `${name}Input`, parameters(rpc, 'input'), module, [
        `Input of ${rpc.name}.`,
        ...paragraphsOf(rpc.description),
      ]);
      types.top(module, `${name}Output`, parameters(rpc, 'output'), module, [`Output of ${rpc.name}.`]);
      types.use(messages, `${name}Input`, `${name}Output`);
      rpcs.push(`  '${module}:${rpc.name}': { readonly input: ${name}Input; readonly output: ${name}Output };`);
    }
    for (const event of events) {
      const name = `${pascalCase(event.name)}Notification`;
      types.top(module, name, dataChildren(event), module, [
        `Content of ${event.name}.`,
        ...paragraphsOf(event.description),
      ]);
      types.use(messages, name);
      notifications.push(`  '${module}:${event.name}': ${name};`);
    }
  }
  const data = dataChildren({ children: input.ours.flatMap(({ nodes }) => nodes) });
  types.top(messages, 'Data', data, undefined, ['Top-level data nodes of our modules, configuration and state.']);
  types.append(
    messages,
    `${docComment(['The rpcs of our modules, by `module:name`.'], '')}export interface Rpcs {\n${rpcs.join('\n')}\n}\n`,
    `${docComment(['The notifications of our modules, by `module:name`.'], '')}export interface Notifications {\n${notifications.join('\n')}\n}\n`,
  );
  return types.files();
}
