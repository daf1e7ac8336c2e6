package doctor

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// sysSetup is io_uring_setup, whose number is the same on all architectures that got it late
// (https://man7.org/linux/man-pages/man2/io_uring_setup.2.html).
const sysSetup = 425

// ring returns the kernel's release, and why it has no io_uring for this process.
func ring() (release string, err error) {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	release = "Linux " + strings.TrimSpace(string(data))
	if err != nil {
		release = "Linux"
	}
	var params [120]byte // struct io_uring_params
	fd, _, errno := syscall.Syscall(sysSetup, 1, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return release, fmt.Errorf("io_uring_setup: %w", errno)
	}
	return release, syscall.Close(int(fd))
}
