package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// explain gives PostgreSQL's error codes, and what becomes of connections, their
// meaning. See https://www.postgresql.org/docs/current/errcodes-appendix.html.
func explain(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return explainCode(err, e)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return store.Say(rolecall.ErrUnavailable, "it can't be reached: %s", reason(err))
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return store.Say(store.ErrLost, "it does not answer in time")
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, driver.ErrBadConn), pgconn.SafeToRetry(err):
		return store.Say(store.ErrLost, "the connection was lost: %s", reason(err))
	}
	return err
}

func explainCode(err error, e *pgconn.PgError) error {
	switch e.Code {
	case "23503": // foreign_key_violation; a constraint is called <table>_<column>_fkey
		column := strings.TrimSuffix(strings.TrimPrefix(e.ConstraintName, e.TableName+"_"), "_fkey")
		return &store.Dangling{Column: column}
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return store.ErrAgain
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return store.Say(rolecall.ErrUnavailable, "it does not let the user in: check the user's name and password, and pg_hba.conf")
	case "3D000": // invalid_catalog_name
		return store.Say(rolecall.ErrInvalid, "there is no such database: make it with CREATE DATABASE")
	case "42501": // insufficient_privilege
		return store.Say(rolecall.ErrUnavailable, "the database's user lacks a right: %s", e.Message)
	case "55P03": // lock_not_available
		return store.Say(rolecall.ErrUnavailable, "another write takes too long: nothing was written")
	case "25006": // read_only_sql_transaction
		return store.Say(rolecall.ErrUnavailable, "the database can't be written, as if it were a standby: nothing was written")
	case "08P01": // protocol_violation; in this wording a pooler's
		if parameter, ok := strings.CutPrefix(e.Message, "unsupported startup parameter: "); ok {
			return store.Say(rolecall.ErrInvalid, "a pooler before it does not carry the setting %s of its name: set it for the user, by ALTER ROLE … SET %[1]s", parameter)
		}
	case "26000", "42P05": // invalid_sql_statement_name, duplicate_prepared_statement
		return store.Say(rolecall.ErrUnavailable, "a pooler before it does not keep prepared statements: take default_query_exec_mode out of its name")
	case "53100": // disk_full
		return store.Say(rolecall.ErrUnavailable, "the database's disk is full: nothing was written")
	case "53300": // too_many_connections
		return store.Say(rolecall.ErrUnavailable, "the database takes no more connections: raise max_connections, or run fewer nodes")
	case "42P01", "42703", "XX001", "XX002": // undefined_table, undefined_column, data_corrupted, index_corrupted
		return store.Say(rolecall.ErrCorrupt, "the database is damaged, or was changed by somebody else: %s", e.Message)
	}
	switch {
	case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "57P"), e.Severity == "FATAL", e.Severity == "PANIC":
		return store.Say(store.ErrLost, "the database ended the connection: %s", e.Message)
	case strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "58"), e.Code == "57014":
		return store.Say(rolecall.ErrUnavailable, "the database can't do it now: %s", e.Message)
	}
	return err
}

// reason says in a few words why a connection failed. The driver's own errors
// tell of each attempt on a line, with the user's name.
func reason(err error) string {
	var dns *net.DNSError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var errno syscall.Errno
	switch {
	case errors.As(err, &dns):
		return "the host " + dns.Name + " is not known"
	case errors.As(err, &host):
		return "its certificate is for another host"
	case errors.As(err, &unknown):
		return "its certificate is signed by nobody who is trusted: name the authority with sslrootcert"
	case errors.As(err, &certificate):
		return "its certificate is not valid"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the other side hung up"
	case strings.Contains(err.Error(), "refused TLS"):
		return "it does not speak TLS, which sslmode asks for"
	}
	return "the connection is of no use any more"
}
