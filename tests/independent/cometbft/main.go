// Command cometbft judges with CometBFT's own packages what Linlian computes for them.
//
// It reads one JSON record a line and answers each with a line: "ok", or what is wrong.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/light/rpc"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
)

// A query is what a node answers to an ABCI query, and the app hash that a light client has verified.
type query struct {
	AppHash []byte `json:"app_hash"`
	Path    string `json:"path"`
	Key     []byte `json:"key"`
	Value   []byte `json:"value"`
	Ops     []struct {
		Key      []byte   `json:"key"`
		Total    int64    `json:"total"`
		Index    int64    `json:"index"`
		LeafHash []byte   `json:"leaf_hash"`
		Aunts    [][]byte `json:"aunts"`
	} `json:"ops"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := judge(lines.Bytes()); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(line []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var q query
	if err := decoder.Decode(&q); err != nil {
		return err
	}
	return q.check()
}

// check does what the stock light proxy does with an answer.
func (q query) check() error {
	var ops cmtcrypto.ProofOps
	for _, op := range q.Ops {
		proof := merkle.Proof{Total: op.Total, Index: op.Index, LeafHash: op.LeafHash, Aunts: op.Aunts}
		ops.Ops = append(ops.Ops, merkle.NewValueOp(op.Key, &proof).ProofOp())
	}
	path, err := rpc.DefaultMerkleKeyPathFn()(q.Path, q.Key)
	if err != nil {
		return err
	}
	return merkle.DefaultProofRuntime().VerifyValue(&ops, q.AppHash, path.String(), q.Value)
}
