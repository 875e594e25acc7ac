// Reads a chain with CosmJS, a client that knows nothing of ours, and prints what it found as JSON.
//
//     node tests/independent/cosmos.mjs http://127.0.0.1:26657
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(fileURLToPath(new URL("../../frontend/package.json", import.meta.url)));
const { Comet38Client } = require("@cosmjs/tendermint-rpc");
const { toHex, toUtf8 } = require("@cosmjs/encoding");

const client = await Comet38Client.connect(process.argv[2]);
const status = await client.status();
const height = status.syncInfo.latestBlockHeight;
const commit = await client.commit(height);
const validators = await client.validatorsAll(height);
const query = await client.abciQuery({ path: "/store/linlian/key", data: toUtf8("state"), prove: true });
const blocks = [];
for (let at = 1; at <= height; at++) {
  const { block } = await client.block(at);
  blocks.push({ height: block.header.height, appHash: toHex(block.header.appHash), txs: block.txs.map(toHex) });
}
const info = await client.abciInfo();
console.log(
  JSON.stringify({
    chain: status.nodeInfo.network,
    height,
    signers: commit.commit.signatures.filter((one) => one.signature?.length).length,
    validators: validators.validators.map((one) => [toHex(one.pubkey.data), Number(one.votingPower)]),
    state: toHex(query.value),
    proofs: query.proof?.ops.map((one) => one.type),
    app: info.data,
    blocks,
  }),
);
client.disconnect();
