package runtimeapi

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// The request and the answer of the kernel about one TCP socket (sock_diag(7), linux/inet_diag.h).
const (
	netlinkInetDiag   = 4
	sockDiagByFamily  = 20
	diagHead          = 16 // bytes of struct nlmsghdr
	diagRequest       = 56 // bytes of struct inet_diag_req_v2
	diagUIDAt         = 64 // the offset of idiag_uid in struct inet_diag_msg
	diagInodeAt       = 68 // and of idiag_inode, which is 0 once the socket is closed
	diagAnswer        = 72 // bytes of struct inet_diag_msg
	diagAllStates     = 1<<32 - 1
	diagNoCookie      = 1<<32 - 1
	diagAnswerTimeout = time.Second
)

// uidOf returns the user that has opened the socket of a client on this machine: that from client
// to server. If the client has closed it, the error is os.ErrClosed. SO_PEERCRED tells the user of
// Unix sockets only. The question is about one socket, so it takes as long on a machine with many.
func uidOf(client, server netip.AddrPort) (int, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC,
		netlinkInetDiag)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	limit := syscall.NsecToTimeval(diagAnswerTimeout.Nanoseconds())
	err = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	if err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	kernel := &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}
	if err := syscall.Sendto(fd, diagQuestion(client, server), 0, kernel); err != nil {
		return 0, os.NewSyscallError("sendto", err)
	}
	var answer [1024]byte
	n, _, err := syscall.Recvfrom(fd, answer[:], 0)
	if err != nil {
		return 0, os.NewSyscallError("recvfrom", err)
	}
	return parseDiag(answer[:n])
}

// diagQuestion asks for the socket whose own address is client and whose peer is server.
func diagQuestion(client, server netip.AddrPort) []byte {
	const size = diagHead + diagRequest
	b := make([]byte, 0, size)
	b = binary.NativeEndian.AppendUint32(b, size)
	b = binary.NativeEndian.AppendUint16(b, sockDiagByFamily)
	b = binary.NativeEndian.AppendUint16(b, syscall.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // sequence number and sender
	b = append(b, syscall.AF_INET, syscall.IPPROTO_TCP, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, diagAllStates)
	b = binary.BigEndian.AppendUint16(b, client.Port())
	b = binary.BigEndian.AppendUint16(b, server.Port())
	for _, a := range []netip.AddrPort{client, server} {
		ip := a.Addr().Unmap().As4()
		b = append(append(b, ip[:]...), make([]byte, 12)...)
	}
	b = append(b, make([]byte, 4)...) // any interface
	b = binary.NativeEndian.AppendUint32(b, diagNoCookie)
	return binary.NativeEndian.AppendUint32(b, diagNoCookie)
}

var errDiag = errors.New("the kernel's answer about a socket is malformed")

// parseDiag returns the user in an answer of the kernel.
func parseDiag(b []byte) (int, error) {
	if len(b) < diagHead+4 {
		return 0, errDiag
	}
	if kind := binary.NativeEndian.Uint16(b[4:]); kind == syscall.NLMSG_ERROR {
		errno := syscall.Errno(-int32(binary.NativeEndian.Uint32(b[diagHead:])))
		if errno == syscall.ENOENT {
			return 0, os.ErrClosed
		}
		return 0, os.NewSyscallError("sock_diag", errno)
	} else if kind != sockDiagByFamily || len(b) < diagHead+diagAnswer {
		return 0, errDiag
	}
	if binary.NativeEndian.Uint32(b[diagHead+diagInodeAt:]) == 0 {
		return 0, os.ErrClosed // kernels report user 0 then
	}
	return int(binary.NativeEndian.Uint32(b[diagHead+diagUIDAt:])), nil
}
