import { unwrap } from '@sublane/basics';
import { encodeReply, encodeRpc, openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { Parser } from 'xml2js';
import { type Benchmark, cpuRate } from './measure.ts';
import { REPLY, REQUEST } from './messages.ts';

/** In this process, on one core: what it costs to know that a request is right, against what it costs only to read it. */
export const yangParsing: Benchmark = {
  name: 'yang',
  async run(progress) {
    const context = openContext(Libyang.load(), 'headend');
    const rpc = `<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">${REQUEST}</rpc>`;
    progress(`a request of ${rpc.length} bytes`);
    const validated = cpuRate(() => unwrap(context.readRpc(rpc)));
    const read = cpuRate(() => {
      const parser = new Parser({ xmlns: true, async: false });
      let failure: Error | null = null;
      parser.parseString(rpc, (error) => {
        failure = error;
      });
      if (failure) throw failure;
    });
    const refused = cpuRate(() => {
      if (context.readRpc(rpc.replace('<bandwidth>', '<bandwidth>x')).ok) throw new Error('accepted');
    });
    const name = 'ietf-subscriber-service-message:subscriber-service-message';
    const encoded = cpuRate(() => encodeReply(name, REPLY));
    const asked = cpuRate(() => encodeRpc(name, unwrap(context.readRpc(rpc)).input as never));
    const note = `request of ${rpc.length} bytes, one core, by CPU time`;
    return [
      {
        what: 'libyang-wasm: parse, validate and hand over a request',
        unit: '/s',
        ours: validated,
        peer: { name: 'xml2js, parsing alone', value: read },
        goal: read,
        note,
      },
      { what: 'libyang-wasm: refuse a request with its path', unit: '/s', ours: refused, note },
      { what: 'bindings: encode an sp-service-message', unit: '/s', ours: encoded },
      { what: 'read and encode again', unit: '/s', ours: asked },
    ];
  },
};
