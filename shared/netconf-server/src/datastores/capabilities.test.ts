import { CAPABILITY } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { SchemaIndex } from '../schema-index.ts';
import { running } from '../testing/harness.ts';
import { datastoreCapabilities, differingFeatures } from './capabilities.ts';
import { fileUrls } from './file-urls.ts';

const { writableRunning, candidate, confirmedCommit, rollbackOnError, validate, startup } = CAPABILITY;

test.each([
  [{}, [writableRunning, rollbackOnError, validate]],
  [{ writableRunning: false }, [rollbackOnError, validate]],
  [{ candidate: true }, [writableRunning, candidate, confirmedCommit, rollbackOnError, validate]],
  [{ startup: true }, [writableRunning, rollbackOnError, validate, startup]],
  [
    { url: { file: fileUrls('/nowhere') } },
    [writableRunning, rollbackOnError, validate, `${CAPABILITY.url}?scheme=file`],
  ],
])('with %o exactly what works is announced', async (options, capabilities) => {
  expect(datastoreCapabilities(await running('', options))).toEqual(capabilities);
});

test('the features of ietf-netconf are held against what is announced', () => {
  const netconf = (features: readonly string[], implemented = true) =>
    new SchemaIndex({
      schema: () => [
        {
          name: 'ietf-netconf',
          namespace: 'urn:ietf:params:xml:ns:netconf:base:1.0',
          prefix: 'nc',
          implemented,
          features,
          submodules: [],
          deviatedBy: [],
          identities: [],
          nodes: [],
          rpcs: [],
          notifications: [],
        },
      ],
    } as never);
  expect(differingFeatures([validate], netconf(['validate']))).toEqual([]);
  expect(differingFeatures([validate], netconf(['candidate']))).toEqual(['candidate', 'validate']);
  expect(differingFeatures([validate], netconf([], false))).toEqual([]);
});
