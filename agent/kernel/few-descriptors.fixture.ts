import { openSync } from 'node:fs';
import { runNft } from './nft-library.ts';

// Run with few descriptors allowed: uses them up, then asks nft. Prints how that went before and after.
const before = await runNft('list tables');
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // No more.
}
const { status, stderr } = await runNft('list tables');
console.log(JSON.stringify([before.status, status, stderr]));
