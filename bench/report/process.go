package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A limit bounds a program.
type limit struct {
	time   time.Duration // wall time
	memory int64         // in bytes, where the system says what a process has; 0 is any
}

// at is the limit at a size: the large world takes longer.
func (l limit) at(size string) limit {
	if size == "large" {
		l.time *= 3
	}
	return l
}

var (
	errTime   = errors.New("not in time")
	errMemory = errors.New("too much memory")
)

// run runs a program that prints JSON into out, and returns the most memory that
// it had. One that goes beyond the limit is ended.
func (r *runner) run(ctx context.Context, l limit, out any, name string, args ...string) (peak int64, err error) {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(l.time, func() { cancel(errTime) }).Stop()
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(within, r.binary(name), args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	c.Cancel = func() error { // it may have started servers, and ends them when it is interrupted
		if context.Cause(within) == errMemory {
			return c.Process.Kill()
		}
		return c.Process.Signal(os.Interrupt)
	}
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		if cause := context.Cause(within); cause != nil && ctx.Err() == nil {
			err = cause // before it began
		}
		return 0, err
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.Tick(100 * time.Millisecond); ; {
			select {
			case <-ended:
				return
			case <-tick:
			}
			peak = max(peak, resident(c.Process.Pid))
			if l.memory > 0 && peak > l.memory {
				cancel(errMemory)
				return
			}
		}
	}()
	err = c.Wait()
	close(ended)
	<-watched
	if err != nil {
		if cause := context.Cause(within); cause != nil && ctx.Err() == nil {
			return peak, cause
		}
		return peak, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	if out == nil {
		return peak, nil
	}
	return peak, json.Unmarshal(stdout.Bytes(), out)
}

// resident returns the most memory that a process has had, in bytes, or 0 where
// the system does not say.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	return 0
}
