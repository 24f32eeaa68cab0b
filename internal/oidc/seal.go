package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
)

// An interaction's data holds tickets, so it is kept sealed (AES-256-GCM, RFC
// 5116) by a key that comes of the interaction's id. Only the browser has that:
// who reads the store learns nothing.

// seal returns what is kept of data in the interaction with an id.
func seal(id string, data InteractionData) (json.RawMessage, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	by, err := sealer(id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(by.Seal(nil, nil, text, nil))
}

// unseal reads it again.
func unseal(id string, kept json.RawMessage) (data InteractionData, err error) {
	var text []byte
	if err := json.Unmarshal(kept, &text); err != nil {
		return data, err
	}
	by, err := sealer(id)
	if err != nil {
		return data, err
	}
	if text, err = by.Open(nil, nil, text, nil); err != nil {
		return data, err
	}
	return data, json.Unmarshal(text, &data)
}

func sealer(id string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(id), nil, "rolecall interaction", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
