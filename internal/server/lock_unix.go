//go:build unix

package server

import (
	"fmt"
	"os"
	"syscall"
)

// A folderLock says that a process uses a data folder. Those who read and write
// the data file through SQLite share it; who replaces the file holds it alone.
type folderLock struct{ folder *os.File }

// lockFolder takes the lock, or says at once that it can't be had.
func lockFolder(folder string, alone bool) (*folderLock, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		if alone {
			return nil, fmt.Errorf("the data folder %s is in use: stop the server and other commands first", folder)
		}
		return nil, fmt.Errorf("the data folder %s is being restored: try again when that is done", folder)
	}
	return &folderLock{f}, nil
}

func (l *folderLock) release() { l.folder.Close() }
