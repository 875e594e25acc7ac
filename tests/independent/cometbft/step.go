package main

import (
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
)

// A step is from a light block that is trusted to one that is not, at a time in milliseconds.
type step struct {
	Trusted   lightBlock `json:"trusted"`
	Untrusted lightBlock `json:"untrusted"`
	Now       int64      `json:"now"`
	Period    int64      `json:"period"`
	Drift     int64      `json:"drift"`
}

// A lightBlock is the record of docs/format/light-blocks.md.
type lightBlock struct {
	Header struct {
		BlockVersion       uint64  `json:"block_version"`
		AppVersion         uint64  `json:"app_version"`
		ChainID            string  `json:"chain_id"`
		Height             int64   `json:"height"`
		Seconds            int64   `json:"seconds"`
		Nanos              int64   `json:"nanos"`
		LastBlockID        blockID `json:"last_block_id"`
		LastCommitHash     []byte  `json:"last_commit_hash"`
		DataHash           []byte  `json:"data_hash"`
		ValidatorsHash     []byte  `json:"validators_hash"`
		NextValidatorsHash []byte  `json:"next_validators_hash"`
		ConsensusHash      []byte  `json:"consensus_hash"`
		AppHash            []byte  `json:"app_hash"`
		LastResultsHash    []byte  `json:"last_results_hash"`
		EvidenceHash       []byte  `json:"evidence_hash"`
		ProposerAddress    []byte  `json:"proposer_address"`
	} `json:"header"`
	Commit struct {
		Height     int64   `json:"height"`
		Round      int32   `json:"round"`
		BlockID    blockID `json:"block_id"`
		Signatures []struct {
			Seconds   int64  `json:"seconds"`
			Nanos     int64  `json:"nanos"`
			Signature []byte `json:"signature"`
		} `json:"signatures"`
	} `json:"commit"`
	Validators []struct {
		PublicKey []byte `json:"public_key"`
		Power     int64  `json:"power"`
	} `json:"validators"`
}

type blockID struct {
	Hash      []byte `json:"hash"`
	Parts     uint32 `json:"parts"`
	PartsHash []byte `json:"parts_hash"`
}

// check does what CometBFT's light client does with the next light block.
func (s step) check() error {
	trusted, err := s.Trusted.open()
	if err != nil {
		return fmt.Errorf("trusted: %w", err)
	}
	untrusted, err := s.Untrusted.open()
	if err != nil {
		return fmt.Errorf("untrusted: %w", err)
	}
	millis := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	level := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	return light.Verify(trusted.SignedHeader, trusted.ValidatorSet, untrusted.SignedHeader, untrusted.ValidatorSet,
		millis(s.Period), time.UnixMilli(s.Now), millis(s.Drift), level)
}

// open makes CometBFT's own light block of it.
func (b lightBlock) open() (*types.LightBlock, error) {
	var members []*types.Validator
	for _, one := range b.Validators {
		members = append(members, types.NewValidator(ed25519.PubKey(one.PublicKey), one.Power))
	}
	validators, err := types.ValidatorSetFromExistingValidators(members)
	if err != nil {
		return nil, err
	}
	header := types.Header{
		Version:            cmtversion.Consensus{Block: b.Header.BlockVersion, App: b.Header.AppVersion},
		ChainID:            b.Header.ChainID,
		Height:             b.Header.Height,
		Time:               time.Unix(b.Header.Seconds, b.Header.Nanos).UTC(),
		LastBlockID:        b.Header.LastBlockID.open(),
		LastCommitHash:     b.Header.LastCommitHash,
		DataHash:           b.Header.DataHash,
		ValidatorsHash:     b.Header.ValidatorsHash,
		NextValidatorsHash: b.Header.NextValidatorsHash,
		ConsensusHash:      b.Header.ConsensusHash,
		AppHash:            b.Header.AppHash,
		LastResultsHash:    b.Header.LastResultsHash,
		EvidenceHash:       b.Header.EvidenceHash,
		ProposerAddress:    b.Header.ProposerAddress,
	}
	commit := types.Commit{Height: b.Commit.Height, Round: b.Commit.Round, BlockID: b.Commit.BlockID.open()}
	for place, vote := range b.Commit.Signatures {
		sig := types.NewCommitSigAbsent()
		if len(vote.Signature) > 0 && place < len(members) {
			sig = types.CommitSig{
				BlockIDFlag:      types.BlockIDFlagCommit,
				ValidatorAddress: members[place].Address,
				Timestamp:        time.Unix(vote.Seconds, vote.Nanos).UTC(),
				Signature:        vote.Signature,
			}
		}
		commit.Signatures = append(commit.Signatures, sig)
	}
	block := types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &header, Commit: &commit},
		ValidatorSet: validators,
	}
	return &block, block.ValidateBasic(b.Header.ChainID)
}

func (id blockID) open() types.BlockID {
	return types.BlockID{Hash: id.Hash, PartSetHeader: types.PartSetHeader{Total: id.Parts, Hash: id.PartsHash}}
}
