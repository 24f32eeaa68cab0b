package server

import (
	"net"
	"syscall"
)

//lint:file-ignore SA1019 the advised package would be a dependency for five instructions

// ignoreNew makes the system drop the packets that ask l for a new connection.
// A client sends them again after a second, and finds the port closed, or the
// server's successor on it. If this fails, connections that come in the moment
// of closing are reset.
func ignoreNew(l *net.TCPListener) {
	raw, err := l.SyscallConn()
	if err != nil {
		return
	}
	const flags, syn, ack, all = 13, 0x02, 0x10, 0xffffffff // of a TCP header
	raw.Control(func(fd uintptr) {
		syscall.AttachLsf(int(fd), []syscall.SockFilter{
			*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, flags),
			*syscall.LsfStmt(syscall.BPF_ALU|syscall.BPF_AND|syscall.BPF_K, syn|ack),
			*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, syn, 0, 1),
			*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, 0),
			*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, all),
		})
	})
}
