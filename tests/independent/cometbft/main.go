// Command cometbft judges with CometBFT's own packages what Linlian computes for them.
//
// It reads one JSON record a line and answers each with a line: "ok", or what is wrong.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/light/rpc"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
)

type record struct {
	Query *query `json:"query"`
	Step  *step  `json:"step"`
}

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
	var r record
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return err
	}
	switch {
	case r.Query != nil:
		return r.Query.check()
	case r.Step != nil:
		return r.Step.check()
	}
	return errors.New("neither a query nor a step")
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
