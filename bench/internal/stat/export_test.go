package stat

var (
	Bucket    = bucket
	Middle    = middle
	CPUOf     = cpuOf
	MachineOf = machineOf
	MemoryOf  = memoryOf
)
