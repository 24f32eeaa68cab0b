//go:build !unix

package server

// A folderLock is nothing here: the system refuses to replace an open file.
type folderLock struct{}

func lockFolder(string, bool) (*folderLock, error) { return &folderLock{}, nil }

func (l *folderLock) release() {}
