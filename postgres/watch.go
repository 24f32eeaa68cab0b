package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what writes are announced on. All projects of a database share it:
// an announcement only makes nodes look.
const channel = "rolecall_journal"

// watch calls wake whenever a write was announced, until ctx is done. It has a
// connection of its own. What is announced while that is broken is missed, so it
// wakes once more when the connection is there again.
func watch(ctx context.Context, config *pgx.ConnConfig, wake func()) {
	for ctx.Err() == nil {
		listen(ctx, config, wake)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func listen(ctx context.Context, config *pgx.ConnConfig, wake func()) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		return
	}
	for {
		wake()
		if _, err := c.WaitForNotification(ctx); err != nil {
			return
		}
	}
}
