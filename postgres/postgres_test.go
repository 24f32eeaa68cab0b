package postgres_test

import (
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/storetest"
	"github.com/rolecall/rolecall/postgres"
)

func TestDatabase(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		New:     func(t *testing.T) rolecall.Opener { return postgres.Database(pgtest.Source(t)) },
		Lasting: true,
	})
}
