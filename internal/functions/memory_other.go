//go:build !linux

package functions

import "os"

func livePeak(int) int { return 0 }

func finalPeak(*os.ProcessState) int { return 0 }
