package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
)

// A Config is all that can be chosen about a server. The zero Config is not
// useful; start from Flags or fill in Data and Addr.
type Config struct {
	Data  string // the folder of the data file; made if it does not exist
	Store string // a PostgreSQL database that holds the project instead; it may hold a password
	Addr  string // host:port to listen on; port 0 takes any that is free
	URL   string // where clients reach the server; empty means Addr. The issuer of its tokens

	Dev     bool   // make an owner and a management key, and a fresh folder is fine
	DevInfo string // with Dev: the file to write them to once the server listens

	TLS             bool   // with Dev: https by a certificate authority of its own, in the data folder
	TLSCert, TLSKey string // PEM files; both or neither. They are read again when they change

	SMTPURL  string // the mail server, see mail.NewSMTP; it may hold a password
	MailFrom string // the sender of mails; taken with SMTPURL

	SecretFile string // its content seals private keys in the data file; empty leaves them open

	StaleFor time.Duration // how long to decide when the store does not answer; 0 means the default, 30 seconds

	MetricsAddr string // host:port of a listener of its own for /metrics, /healthz and /readyz; empty is none

	WebhookAllow string // networks that are not public and webhooks may reach, by commas: 127.0.0.0/8,10.0.0.0/8
	SSOAllow     string // the same of tenants' own sign-in providers

	TrustedProxies string // networks of the proxies in front, whose X-Forwarded-For is believed

	DecisionLog       string  // a file for decisions; empty is none
	DecisionLogSample float64 // how many of those that allow are written: 0 none, 1 all
	DecisionLogSize   int64   // megabytes after which another file is begun; 0 means 100
	DecisionLogKeep   int     // files that are kept beside it

	LogLevel  string // debug, info, warn or error
	LogFormat string // text or json

	DrainDelay   time.Duration // between failing /readyz and closing the door
	DrainTimeout time.Duration // for requests in progress to finish; 0 means the default, 20 seconds

	Log    *slog.Logger // nil discards
	Access *slog.Logger // for a line with each answer; nil is Log
}

// Flags defines a flag for every setting on fs, with its default, and returns
// the Config that they fill in. A setting has one name: --log-level is
// ROLECALL_LOG_LEVEL in the environment and "log_level" in the file.
func Flags(fs *pflag.FlagSet) *Config {
	c := new(Config)
	fs.StringVar(&c.Data, "data", "rolecall-data", "`folder` that holds the data file rolecall.db")
	fs.StringVar(&c.Store, "store", "", "PostgreSQL `database` that holds the project instead of a data file, like postgres://user@host/app; a password belongs in PGPASSWORD or ~/.pgpass")
	fs.StringVar(&c.Addr, "addr", "127.0.0.1:8787", "`host:port` to listen on; port 0 takes a free one")
	fs.StringVar(&c.URL, "url", "", "public `URL`, the issuer of tokens (default http://ADDR/)")
	fs.BoolVar(&c.Dev, "dev", false, "for development: make an owner and a management key")
	fs.StringVar(&c.DevInfo, "dev-info", "", "with --dev: write the URL and the secrets to this `file`, mode 0600")
	fs.BoolVar(&c.TLS, "tls", false, "with --dev: serve https, by a certificate authority in the data folder that clients can be told to trust")
	fs.StringVar(&c.TLSCert, "tls-cert", "", "certificate chain, a PEM `file`; serves https")
	fs.StringVar(&c.TLSKey, "tls-key", "", "private key of the certificate, a PEM `file`")
	fs.StringVar(&c.SMTPURL, "smtp-url", "", "mail `server`, like smtp://user:password@mail.example.com:587 or smtps://; give a password in ROLECALL_SMTP_URL or the file")
	fs.StringVar(&c.MailFrom, "mail-from", "", "`sender` of mails, like Example <no-reply@example.com>")
	fs.StringVar(&c.SecretFile, "secret-file", "", "`file` whose content seals the private keys in the data file")
	fs.DurationVar(&c.StaleFor, "stale-for", rolecall.DefaultStaleFor, "how long to go on deciding, from what was known, when the store does not answer")
	fs.StringVar(&c.MetricsAddr, "metrics-addr", "", "`host:port` to serve /metrics on without a key, with /healthz and /readyz")
	fs.StringVar(&c.WebhookAllow, "webhook-allow", "", "`networks` that are not public and webhooks may reach, also by plain http, like 10.0.0.0/8,127.0.0.0/8")
	fs.StringVar(&c.TrustedProxies, "trusted-proxies", "", "`networks` of the proxies in front, whose X-Forwarded-For says where a request comes from")
	fs.StringVar(&c.SSOAllow, "sso-allow", "", "`networks` that are not public and tenants' own sign-in providers may be in, also by plain http")
	fs.StringVar(&c.DecisionLog, "decision-log", "", "`file` for denials, and what --decision-log-sample adds, as lines of JSON")
	fs.Float64Var(&c.DecisionLogSample, "decision-log-sample", 0, "how many of the decisions that allow are logged too: 0 none, 0.01 one in a hundred, 1 all")
	fs.Int64Var(&c.DecisionLogSize, "decision-log-size", decisionLogSize, "`megabytes` after which the decision log begins another file")
	fs.IntVar(&c.DecisionLogKeep, "decision-log-keep", 5, "how many full files of the decision log are kept")
	fs.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
	fs.StringVar(&c.LogFormat, "log-format", "text", "text or json")
	fs.DurationVar(&c.DrainDelay, "drain-delay", 0, "when stopping: how long /readyz fails before new connections are refused")
	fs.DurationVar(&c.DrainTimeout, "drain-timeout", drainTimeout, "when stopping: how long requests in progress may take")
	return c
}

const drainTimeout = 20 * time.Second

const decisionLogSize = 100

// EnvPrefix precedes the name of every setting in the environment.
const EnvPrefix = "ROLECALL_"

// Settle completes flags that were parsed: what the command line did not set
// comes from the environment, then from the JSON object in file (if file is not
// empty), and stays at its default otherwise. An empty variable is none.
//
// A key of the file that is no setting is refused. A variable that is none is
// not: orchestrators set ROLECALL_PORT and the like for a service of that name.
func Settle(fs *pflag.FlagSet, lookup func(string) (string, bool), file string) error {
	var errs []error
	set := func(f *pflag.Flag, value, source string) {
		if err := fs.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a valid %s", source, value, f.Value.Type()))
		}
	}
	fs.VisitAll(func(f *pflag.Flag) {
		name := EnvPrefix + strings.ToUpper(underscored(f.Name))
		if value, ok := lookup(name); ok && value != "" && !f.Changed {
			set(f, value, name)
		}
	})
	values, err := readFile(file)
	if err != nil {
		return err
	}
	fs.VisitAll(func(f *pflag.Flag) {
		key := underscored(f.Name)
		if value, ok := values[key]; ok && !f.Changed {
			set(f, value, file+": "+key)
		}
		delete(values, key)
	})
	for key := range values {
		errs = append(errs, fmt.Errorf("%s: there is no setting %q", file, key))
	}
	return errors.Join(errs...)
}

func underscored(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// readFile reads a JSON object of scalars, each as text.
func readFile(file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("%s: must be a JSON object: %v", file, err)
	}
	values := make(map[string]string)
	for key, value := range object {
		switch value.(type) {
		case string, bool, float64:
			values[key] = fmt.Sprint(value)
		default:
			return nil, fmt.Errorf("%s: %s must be text, a number or true or false", file, key)
		}
	}
	return values, nil
}

// check refuses what no setting alone shows to be wrong.
func (c *Config) check() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert and tls-key belong together: set both or neither")
	}
	if c.StaleFor != 0 && c.StaleFor < rolecall.FreshFor {
		return fmt.Errorf("stale-for must be at least %v, for so long what was known counts as fresh", rolecall.FreshFor)
	}
	if (c.SMTPURL == "") != (c.MailFrom == "") {
		return errors.New("smtp-url and mail-from belong together: set both or neither")
	}
	if c.TLS {
		if err := c.checkDevTLS(); err != nil {
			return err
		}
	}
	if c.DevInfo != "" && !c.Dev {
		return errors.New("dev-info is written with --dev only")
	}
	if _, err := networks("webhook-allow", c.WebhookAllow); err != nil {
		return err
	}
	if _, err := networks("sso-allow", c.SSOAllow); err != nil {
		return err
	}
	if _, err := networks("trusted-proxies", c.TrustedProxies); err != nil {
		return err
	}
	if c.DecisionLogSample < 0 || c.DecisionLogSample > 1 || c.DecisionLogSample != c.DecisionLogSample {
		return errors.New("decision-log-sample must be between 0 and 1")
	}
	if c.DecisionLogSize < 0 || c.DecisionLogKeep < 0 {
		return errors.New("decision-log-size and decision-log-keep can't be negative")
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddr); err != nil && c.MetricsAddr != "" {
		return fmt.Errorf("metrics-addr %q must have the form host:port", c.MetricsAddr)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("addr %q must have the form host:port", c.Addr)
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return fmt.Errorf("url %q must be like https://auth.example.com/", c.URL)
		}
	}
	return nil
}

// checkDevTLS refuses TLS where the authority of a development server is of no use.
func (c *Config) checkDevTLS() error {
	if !c.Dev || c.TLSCert != "" {
		return errors.New("tls is for --dev without tls-cert: a production server takes the files tls-cert and tls-key")
	}
	u, err := url.Parse(c.issuer(c.Addr))
	if err != nil || u.Scheme != "https" {
		return errors.New("tls serves https, so url must begin with it")
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != localhost && (ip == nil || !slices.ContainsFunc(loopback, ip.Equal)) {
		return errors.New("tls makes a certificate for 127.0.0.1, ::1 and localhost only: listen there, or set url to one of them")
	}
	return nil
}

// networks returns the networks that a setting lists, with commas between them.
func networks(setting, list string) (all []netip.Prefix, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %q must be a network like 10.0.0.0/8", setting, text)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// ProjectOptions returns how the project of a server with c is opened.
func (c *Config) ProjectOptions() (Options, error) {
	allow, err := networks("webhook-allow", c.WebhookAllow)
	if err != nil {
		return Options{}, err
	}
	secret, err := c.secret()
	var mails identity.Mailer
	if c.SMTPURL != "" && c.MailFrom != "" && err == nil {
		var server *mail.SMTP
		if server, err = mail.NewSMTP(c.SMTPURL, c.MailFrom, nil); err == nil {
			mails = mail.Now(server.Send)
		}
	}
	return Options{Mail: mails, Store: c.Store, StaleFor: c.StaleFor, Issuer: c.issuer(c.Addr), Secret: secret, WebhookAllow: allow, Log: c.Log}, err
}

// issuer returns the public URL, with a slash at its end: URL or, without one,
// where a server that listens on addr is reached.
func (c *Config) issuer(addr string) string {
	if c.URL != "" {
		return strings.TrimSuffix(c.URL, "/") + "/"
	}
	scheme := "http"
	if c.TLSCert != "" || c.TLS {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}

// secret returns what seals private keys, or nil.
func (c *Config) secret() ([]byte, error) {
	if c.SecretFile == "" {
		return nil, nil
	}
	secret, err := os.ReadFile(c.SecretFile)
	if secret = bytes.TrimSpace(secret); err == nil && len(secret) < 16 {
		err = fmt.Errorf("%s: must hold at least 16 bytes, as random as a key", c.SecretFile)
	}
	return secret, err
}
