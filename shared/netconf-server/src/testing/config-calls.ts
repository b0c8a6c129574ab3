import { BASE_NAMESPACE, childElement, childElements, elementText, writeXml } from '@sublane/netconf';
import { inLab } from './harness.ts';
import { errorsOf, isOk, type TestClient } from './test-client.ts';

/** Operations on configurations, as text. */
export const edit = (target: string, inside: string, more = '', attributes = '') =>
  `<edit-config><target><${target}/></target>${more}<config>${inLab(inside, attributes)}</config></edit-config>`;
export const getConfig = (source: string) => `<get-config><source><${source}/></source></get-config>`;
export const lock = (target: string) => `<lock><target><${target}/></target></lock>`;
export const unlock = (target: string) => `<unlock><target><${target}/></target></unlock>`;
export const copy = (source: string, target: string) =>
  `<copy-config><target>${target}</target><source>${source}</source></copy-config>`;
export const validate = (source: string) => `<validate><source>${source}</source></validate>`;
export const deleteConfig = (target: string) => `<delete-config><target>${target}</target></delete-config>`;
export const confirmed = (more = '') => `<commit><confirmed/>${more}</commit>`;
export const NC = ` xmlns:nc="${BASE_NAMESPACE}"`;

/** `ok`, or the tags of the errors. */
export async function said(client: TestClient, operation: string): Promise<string> {
  const reply = await client.rpc(operation);
  return isOk(reply)
    ? 'ok'
    : errorsOf(reply)
        .map(({ tag }) => tag)
        .join(' ');
}

/** What stands in <lab>, as XML; empty where it is not there. */
export async function labOf(client: TestClient, source: string): Promise<string> {
  const data = childElement(await client.rpc(getConfig(source)), 'data');
  if (data === undefined) throw new Error(`no ${source}`);
  const found = childElement(data, 'lab');
  return found === undefined
    ? ''
    : childElements(found)
        .map(writeXml)
        .join('')
        .replaceAll(/ xmlns="[^"]*"/g, '');
}

/** The leaf `name` of <lab>. */
export async function nameOf(client: TestClient, source: string): Promise<string> {
  return elementText(
    childElement(childElement(childElement(await client.rpc(getConfig(source)), 'data')!, 'lab')!, 'name')!,
  );
}
