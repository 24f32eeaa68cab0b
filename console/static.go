package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed static
var staticFiles embed.FS

// An asset is a file that pages load, under a URL that changes with its content.
type asset struct {
	plain, packed []byte // packed is nil where gzip gains nothing
	version       string
	kind          string
}

var assets = func() map[string]*asset {
	all := map[string]*asset{}
	files, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		plain, err := staticFiles.ReadFile("static/" + file.Name())
		if err != nil {
			panic(err)
		}
		a := newAsset(file.Name(), plain)
		if packed := gzipped(plain, gzip.BestCompression); len(packed) < len(plain)*9/10 {
			a.packed = packed
		}
		all[file.Name()] = a
	}
	return all
}()

func newAsset(name string, plain []byte) *asset {
	sum := sha256.Sum256(plain)
	return &asset{plain: plain, version: base64.RawURLEncoding.EncodeToString(sum[:9]), kind: kindOf(name)}
}

// compiled returns an asset as it was when the program was built.
func compiled(name string) (*asset, error) {
	if a := assets[name]; a != nil {
		return a, nil
	}
	return nil, fs.ErrNotExist
}

// kindOf doesn't ask the machine, whose tables differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(".txt")
}

func (h *console) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	a, err := h.asset(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("ETag", `"`+a.version+`"`)
	// Sheets name a font without its version: it does not change.
	if header.Set("Cache-Control", "no-cache"); r.URL.Query().Get("v") == a.version || path.Ext(name) == ".woff2" {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	header.Set("Vary", "Accept-Encoding")
	body := a.plain
	if a.packed != nil && acceptsGzip(r) {
		header.Set("Content-Encoding", "gzip")
		header.Set("ETag", `"`+a.version+`z"`)
		body = a.packed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// Font returns the font of the console, Inter as WOFF2, for other pages that are
// to look alike.
func Font() []byte { return assets["inter.woff2"].plain }
