// Command tlog checks a ledger's checkpoints and proofs with the transparency-log libraries of the Go project and
// of transparency.dev, which share nothing with Linlian.
//
// It reads one JSON record a line and answers each with a line: "ok", or what is wrong.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A record holds a signed checkpoint and two claims about its tree: that the header with this index is in it, and
// that an older tree is its beginning. Bytes are base64, keys are verifier keys.
type record struct {
	Origin      string           `json:"origin"`
	Operator    string           `json:"operator"`
	Witnesses   []string         `json:"witnesses"`
	Note        string           `json:"note"`
	Header      []byte           `json:"header"`
	Index       int64            `json:"index"`
	Inclusion   tlog.RecordProof `json:"inclusion"`
	OlderSize   int64            `json:"older_size"`
	OlderRoot   tlog.Hash        `json:"older_root"`
	Consistency tlog.TreeProof   `json:"consistency"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := check(lines.Bytes()); err != nil {
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

func check(line []byte) error {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	size, root, err := open(r)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := tlog.CheckRecord(r.Inclusion, size, root, r.Index, tlog.RecordHash(r.Header)); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if err := tlog.CheckTree(r.Consistency, size, root, r.OlderSize, r.OlderRoot); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

// open checks that the operator and every witness signed, and returns the size and root that they signed.
func open(r record) (int64, tlog.Hash, error) {
	operator, err := note.NewVerifier(r.Operator)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	var witnesses []note.Verifier
	for _, key := range r.Witnesses {
		witness, err := cosignature.NewVerifierForCosignatureV1(key)
		if err != nil {
			return 0, tlog.Hash{}, err
		}
		witnesses = append(witnesses, witness)
	}
	checkpoint, rest, signed, err := log.ParseCheckpoint([]byte(r.Note), r.Origin, operator, witnesses...)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	if len(rest) != 0 || len(checkpoint.Hash) != tlog.HashSize {
		return 0, tlog.Hash{}, fmt.Errorf("%d bytes follow a root of %d", len(rest), len(checkpoint.Hash))
	}
	if len(signed.Sigs) != 1+len(witnesses) {
		return 0, tlog.Hash{}, fmt.Errorf("%d known signatures, not %d", len(signed.Sigs), 1+len(witnesses))
	}
	return int64(checkpoint.Size), tlog.Hash(checkpoint.Hash), nil
}
