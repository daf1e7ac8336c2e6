package memory

import (
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// machine returns how many bytes the machine has, 0 if it does not say.
func machine() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}

// container returns the limit of the control groups that the process is in, 0 if there is none.
func container() int64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return groupLimit(string(groups), func(name string) string {
		b, _ := os.ReadFile("/sys/fs/cgroup/" + name) // where there is none, there is no limit
		return string(b)
	})
}

// groupLimit returns the least limit in the files of control groups: of version 2, memory.max, and
// of version 1, memory.limit_in_bytes, for the process's own group and each above it. groups is
// /proc/self/cgroup, and read returns a file below /sys/fs/cgroup. In a container the path of the
// group may be one outside of it, but its files are at the root.
// (https://docs.kernel.org/admin-guide/cgroup-v2.html)
func groupLimit(groups string, read func(name string) string) (limit int64) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		root, file := "", "memory.max"
		if fields[1] != "" {
			root, file = "memory", "memory.limit_in_bytes"
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
		}
		for dir := path.Clean("/" + fields[2]); ; dir = path.Dir(dir) {
			n, err := strconv.ParseInt(strings.TrimSpace(read(path.Join(root, dir, file))), 10, 64)
			if err == nil && n > 0 && (limit == 0 || n < limit) { // else it is "max"
				limit = n
			}
			if dir == "/" {
				break
			}
		}
	}
	return limit
}
