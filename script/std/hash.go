package std

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"strings"

	"github.com/cespare/xxhash/v2"
)

var hashGroup = Group{
	Name:    "hash",
	Summary: "Hashes of texts, in hexadecimal digits.",
	Text:    "`md5`, `sha1`, `crc32` and `xxh64` tell whether something has changed by accident; where somebody may want to deceive, only `sha256` and `sha512` do.",
	Functions: []Function{
		hashFunction("md5", "MD5", "900150983cd24fb0d6963f7d28e17f72", func(dst, p []byte) []byte { s := md5.Sum(p); return hex.AppendEncode(dst, s[:]) }),
		hashFunction("sha1", "SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d", func(dst, p []byte) []byte { s := sha1.Sum(p); return hex.AppendEncode(dst, s[:]) }),
		hashFunction("sha256", "SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			func(dst, p []byte) []byte { s := sha256.Sum256(p); return hex.AppendEncode(dst, s[:]) }),
		hashFunction("sha512", "SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"+
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", func(dst, p []byte) []byte { s := sha512.Sum512(p); return hex.AppendEncode(dst, s[:]) }),
		hashFunction("crc32", "CRC-32 of IEEE, as in gzip", "352441c2", func(dst, p []byte) []byte {
			var s [4]byte
			binary.BigEndian.PutUint32(s[:], crc32.ChecksumIEEE(p))
			return hex.AppendEncode(dst, s[:])
		}),
		hashFunction("xxh64", "XXH64 with the seed 0", "44bc2cf5ad770999", func(dst, p []byte) []byte {
			var s [8]byte
			binary.BigEndian.PutUint64(s[:], xxhash.Sum64(p))
			return hex.AppendEncode(dst, s[:])
		}),
	},
}

// hashFunction makes the function of a hash. sum appends that of p, in hexadecimal
// digits.
func hashFunction(name, title, want string, sum func(dst, p []byte) []byte) Function {
	return function("hash."+name, "hash."+name+"(text) -> text", "The "+title+" of a text.",
		"gopiper.hash."+name+`("abc") --> "`+want+`"`,
		func(a *arguments) []Value {
			text := a.text(1)
			if !a.charge(4 * len(text)) {
				return nil
			}
			return a.made(sum(a.buffer[:0], bytesOf(text)))
		})
}

var hmacGroup = Group{
	Name:    "hmac",
	Summary: "Hashes that only those can make who know a key, in hexadecimal digits.",
	Functions: []Function{
		hmacFunction("md5", "MD5", md5.New, "80070713463e7749b90c2dc24911e275"),
		hmacFunction("sha1", "SHA-1", sha1.New, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
		hmacFunction("sha256", "SHA-256", sha256.New, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"),
		hmacFunction("sha512", "SHA-512", sha512.New, "b42af09057bac1e2d41708e48a902e09b5ff7f12ab428a4fe86653c73dd248fb"+
			"82f948a549f7b791a5b41915ee4d1ec3935357e4e2317250d0372afa2ebeeb3a"),
		function("hmac.equal", "hmac.equal(one, other) -> boolean",
			"Tells whether two texts are the same, in a time that does not tell where they differ: compare signatures with it.",
			`
gopiper.hmac.equal("ab", "ab") --> true
`, func(a *arguments) []Value {
				one, other := a.text(1), a.text(2)
				return a.one(Flag(hmac.Equal(bytesOf(one), bytesOf(other))))
			}),
	},
}

func hmacFunction(name, title string, algorithm func() hash.Hash, want string) Function {
	return function("hmac."+name, "hmac."+name+"(key, text) -> text", "The HMAC with "+title+" of a text.",
		`gopiper.hmac.`+name+`("key", "The quick brown fox jumps over the lazy dog") --> "`+want+`"`,
		func(a *arguments) []Value {
			key, text := a.text(1), a.text(2)
			if !a.charge(4 * (len(key) + len(text))) {
				return nil
			}
			m := &a.mac
			if m.hash == nil || m.name != name || m.key != key {
				*m = mac{name, strings.Clone(key), hmac.New(algorithm, []byte(key))}
			}
			m.hash.Reset()
			m.hash.Write(bytesOf(text))
			a.scratch = m.hash.Sum(a.scratch[:0])
			return a.made(hex.AppendEncode(a.buffer[:0], a.scratch))
		})
}

// mac is what computes HMACs with a key: most scripts have one.
type mac struct {
	name, key string
	hash      hash.Hash
}

var base64Group = Group{
	Name:    "base64",
	Summary: "Bytes as text of 64 characters.",
	Functions: []Function{
		function("base64.encode", "base64.encode(text) -> text", "Encodes with `+` and `/`, and pads with `=`.", `
gopiper.base64.encode("a?>") --> "YT8+"
`, func(a *arguments) []Value { return a.base64Encode(base64.StdEncoding) }),
		function("base64.decode", "base64.decode(text) -> text",
			"Decodes, with or without padding; newlines do not count. Anything else gives nil and a description.", `
gopiper.base64.decode("YQ") --> "a"
gopiper.base64.decode("Y!") --> nil, "base64: a wrong character at offset 1, or an end too early"
`, func(a *arguments) []Value { return a.base64Decode(base64.RawStdEncoding) }),
		function("base64.encode_url", "base64.encode_url(text) -> text", "Encodes with `-` and `_`, without padding, for URLs and tokens.", `
gopiper.base64.encode_url("a?>") --> "YT8-"
`, func(a *arguments) []Value { return a.base64Encode(base64.RawURLEncoding) }),
		function("base64.decode_url", "base64.decode_url(text) -> text", "Decodes what base64.encode_url makes, with or without padding.", `
gopiper.base64.decode_url("YT8-") --> "a?>"
`, func(a *arguments) []Value { return a.base64Decode(base64.RawURLEncoding) }),
	},
}

func (a *arguments) base64Encode(encoding *base64.Encoding) []Value {
	text := a.text(1)
	if !a.fits(encoding.EncodedLen(len(text))) {
		return nil
	}
	return a.made(encoding.AppendEncode(a.buffer[:0], bytesOf(text)))
}

func (a *arguments) base64Decode(encoding *base64.Encoding) []Value {
	text := strings.TrimRight(a.text(1), "=\r\n")
	if !a.charge(len(text)) {
		return nil
	}
	out, err := encoding.AppendDecode(a.buffer[:0], bytesOf(text))
	if offset, ok := err.(base64.CorruptInputError); ok {
		return a.failed("base64: a wrong character at offset %d, or an end too early", int64(offset))
	}
	return a.made(out)
}

var hexGroup = Group{
	Name:    "hex",
	Summary: "Bytes as hexadecimal digits.",
	Functions: []Function{
		function("hex.encode", "hex.encode(text) -> text", "Encodes with small letters.", `
gopiper.hex.encode("Lua\n") --> "4c75610a"
`, func(a *arguments) []Value {
			text := a.text(1)
			if !a.fits(2 * len(text)) {
				return nil
			}
			return a.made(hex.AppendEncode(a.buffer[:0], bytesOf(text)))
		}),
		function("hex.decode", "hex.decode(text) -> text", "Decodes small and capital letters. Anything else, and an odd number of digits, gives nil and a description.", `
gopiper.hex.decode("4C75") --> "Lu"
gopiper.hex.decode("4C7") --> nil, "hex: odd length hex string"
`, func(a *arguments) []Value {
			out, err := hex.AppendDecode(a.buffer[:0], bytesOf(a.text(1)))
			if err != nil {
				return a.failed("hex: %s", strings.TrimPrefix(err.Error(), "encoding/hex: "))
			}
			return a.made(out)
		}),
	},
}
