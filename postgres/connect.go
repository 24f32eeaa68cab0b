package postgres

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// connectWithin is how long connecting may take, unless the data source says.
const connectWithin = 5 * time.Second

// parse reads a data source. Its errors never hold what stands in it.
func parse(source string) (*pgx.ConnConfig, error) {
	if !Is(source) {
		return nil, store.Say(rolecall.ErrInvalid, "a PostgreSQL database is named like postgres://user@host:5432/database; a data file needs no name but its folder's, in --data")
	}
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return nil, store.Say(rolecall.ErrInvalid, "the name of the PostgreSQL database can't be read; it must be like "+
			"postgres://user@host:5432/database?sslmode=verify-full, with every special character of its parts written as %%XX")
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > 10*time.Minute { // the driver's default is none
		config.ConnectTimeout = connectWithin
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "rolecall"
	}
	dialer := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
		Control:         unacknowledged,
	}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}
	return config, nil
}

// name is how errors and logs call a database: without user and password.
func name(config *pgx.ConnConfig) string {
	at := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	return fmt.Sprintf("database %q at %s", cmp.Or(config.Database, config.User), at)
}

// Name returns how errors and logs call the database that source names: by its
// name and address, without user, password and parameters.
func Name(source string) string {
	config, err := parse(source)
	if err != nil {
		return "PostgreSQL"
	}
	return name(config)
}
